"""The package's own errors: what was expected, where, what came, what to do."""


class WannError(Exception):
    """Base of every error that wann_rt raises on purpose; its message is meant for the user as it stands."""


class NetworkError(WannError):
    """A network that cannot be evaluated: cyclic, dangling, an unknown activation, a bad number."""


class ControllerError(WannError):
    """A controller whose parts do not fit together: channels, weight, rate, test vectors, observations."""


class FileError(WannError):
    """A file that cannot be read or written, or whose content is not what its format says."""


class TableError(WannError):
    """A table of the program itself in which a row is missing; the message names the table and its file."""


class TaskError(WannError):
    """An unknown task, or one that cannot be run here."""


class ClusterError(WannError):
    """A cluster that cannot be reached, is no place for a search, or loses its nodes again and again."""


class ConfigError(WannError):
    """A search setting that does not exist or is out of range."""


class ExportError(WannError):
    """An export that the chosen format cannot express."""


class MissingExtraError(WannError):
    """An optional dependency is not installed; the message names the extra to install."""

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        """Builds the message: ``purpose`` needs ``package``, which ``extra`` brings."""
        self._made_of = purpose, package, extra
        super().__init__(f"{purpose} needs {package}, which is not installed: run  pip install 'wann-rt[{extra}]'")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        """A process that describes an environment sends the error to the one that asked."""
        return type(self), self._made_of
