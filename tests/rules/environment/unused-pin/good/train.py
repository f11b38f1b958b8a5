import sys

import six
from dateutil import parser

print(six.text_type(parser.parse(sys.argv[1])))
