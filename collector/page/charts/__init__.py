"""Charts of the clinic's pages: SVG elements whose looks are classes of ``static/css/charts.css``, light and dark."""
