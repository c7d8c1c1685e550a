"""Finding what is printed or etched on a calibration target, one module a target, or refusing the picture by name."""
