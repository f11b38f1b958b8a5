try:
    import ujson as json
except ImportError:
    import json

from model import loss

print(json, loss)
