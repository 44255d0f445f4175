"""How values show themselves in a notebook."""

from importlib import import_module

# By its name, and only when a notebook asks: what draws lies far above this room, which may import nothing of it.
DRAWN_BY = "wann_rt.display.notebook"


class Shown:
    """A value that a notebook shows as ``wr.show`` prints it, a controller with its network."""

    def _repr_html_(self) -> str:
        html: str = import_module(DRAWN_BY).html(self)
        return html
