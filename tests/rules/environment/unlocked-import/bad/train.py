import numpy
import yaml
