"""Requests that stay on their way until a test lets them go on."""

from playwright.sync_api import Page, Route


def hold(page: Page, address: str) -> list[Route]:
    """Hold all requests for an address (a glob), and return those held so far, the first one first."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)
    return held
