from . import __name__
