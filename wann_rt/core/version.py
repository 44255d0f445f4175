"""The version of the package: the build, artefacts and the command line read it here."""

__version__ = "0.1.0"
