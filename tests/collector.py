"""A collector of traces that keeps all that it gets, and can be slow or refuse: that of the fleet on one machine."""
from tools.local_fleet.traces import Collector, Span

__all__ = ["Collector", "Span"]
