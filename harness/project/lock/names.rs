//! Which packages bring a module: the standard library, and names that differ.

use std::collections::BTreeSet;

/// Modules of the standard library of any Python 3 up to 3.14, also those that were removed on the way.
const STANDARD: &str = "\
__future__ __main__ _collections_abc _io _thread abc aifc annotationlib antigravity argparse array ast asynchat \
asyncio asyncore atexit audioop base64 bdb binascii binhex bisect builtins bz2 cProfile calendar cgi cgitb chunk \
cmath cmd code codecs codeop collections colorsys compileall compression concurrent configparser contextlib \
contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest \
dummy_threading email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch formatter \
fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html \
http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale \
logging lzma macpath mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing \
netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev parser pathlib pdb pickle \
pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile \
pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets \
select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 \
sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol \
symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit \
tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata \
unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp \
zipfile zipimport zlib zoneinfo";

/// Modules that the machine on which notebooks run brings, and no index has.
const HOSTED: &[&str] = &[
    "kaggle_secrets",
    "kaggle_datasets",
    "kaggle_web_client",
    "dbutils",
    "bpy",
    "bmesh",
    "mathutils",
    "arcpy",
    "hou",
    "maya",
    "pcbnew",
    "idaapi",
    "gdb",
    "lldb",
];

/// Modules and the packages that bring them, on the Python index or on conda-forge, where the names differ.
///
/// Source: the metadata of these packages (`top_level.txt`), by hand.
const DIFFERENT: &[(&str, &[&str])] = &[
    ("AppKit", &["pyobjc-framework-cocoa"]),
    ("Bio", &["biopython"]),
    ("Crypto", &["pycryptodome", "pycrypto"]),
    ("Cryptodome", &["pycryptodomex"]),
    ("Foundation", &["pyobjc-framework-cocoa"]),
    ("Image", &["pillow"]),
    ("Levenshtein", &["levenshtein", "python-levenshtein"]),
    ("MeCab", &["mecab-python3"]),
    ("MySQLdb", &["mysqlclient"]),
    ("OpenGL", &["pyopengl"]),
    ("OpenSSL", &["pyopenssl"]),
    ("PIL", &["pillow", "pillow-simd"]),
    ("PyQt5", &["pyqt5", "pyqt"]),
    ("Quartz", &["pyobjc-framework-quartz"]),
    ("Xlib", &["python-xlib"]),
    ("_distutils_hack", &["setuptools"]),
    ("absl", &["absl-py"]),
    ("airflow", &["apache-airflow"]),
    ("albumentations", &["albumentations", "albumentationsx"]),
    ("apiclient", &["google-api-python-client"]),
    ("attr", &["attrs"]),
    ("autogluon", &["autogluon", "autogluon-tabular"]),
    ("autosklearn", &["auto-sklearn"]),
    ("azure", &["azure-core"]),
    ("backports", &["backports-zoneinfo"]),
    ("barcode", &["python-barcode"]),
    ("bayes_opt", &["bayesian-optimization"]),
    ("botocore", &["botocore", "boto3"]),
    ("box", &["python-box"]),
    ("bs4", &["beautifulsoup4", "bs4"]),
    ("bson", &["pymongo", "bson"]),
    ("builtins", &["future"]),
    ("cairo", &["pycairo"]),
    ("camelot", &["camelot-py"]),
    ("can", &["python-can"]),
    ("clip", &["openai-clip", "clip"]),
    ("community", &["python-louvain"]),
    ("compose", &["docker-compose"]),
    ("consul", &["python-consul", "python-consul2"]),
    ("corsheaders", &["django-cors-headers"]),
    ("cpuinfo", &["py-cpuinfo"]),
    ("cudf", &["cudf", "cudf-cu11", "cudf-cu12", "cudf-cu13"]),
    ("cugraph", &["cugraph", "cugraph-cu11", "cugraph-cu12"]),
    ("cuml", &["cuml", "cuml-cu11", "cuml-cu12", "cuml-cu13"]),
    ("cupy", &["cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x"]),
    (
        "cv2",
        &[
            "opencv-python",
            "opencv-python-headless",
            "opencv-contrib-python",
            "opencv-contrib-python-headless",
            "opencv",
            "py-opencv",
        ],
    ),
    ("dash_core_components", &["dash", "dash-core-components"]),
    ("dash_html_components", &["dash", "dash-html-components"]),
    ("dask", &["dask", "dask-core"]),
    ("databricks", &["databricks-sdk", "databricks-connect", "databricks-sql-connector"]),
    ("dateutil", &["python-dateutil"]),
    ("decouple", &["python-decouple"]),
    ("dgl", &["dgl", "dgl-cu111"]),
    ("dicom", &["pydicom"]),
    ("discord", &["discord-py", "py-cord"]),
    ("distributed", &["distributed", "dask"]),
    ("docker", &["docker", "docker-py"]),
    ("docx", &["python-docx"]),
    ("dotenv", &["python-dotenv"]),
    ("duckdb", &["duckdb", "python-duckdb"]),
    ("empyrical", &["empyrical", "empyrical-reloaded"]),
    ("en_core_web_lg", &["en-core-web-lg", "spacy"]),
    ("en_core_web_md", &["en-core-web-md", "spacy"]),
    ("en_core_web_sm", &["en-core-web-sm", "spacy"]),
    ("engineio", &["python-engineio"]),
    ("environ", &["django-environ", "environ-config"]),
    ("ephem", &["ephem", "pyephem"]),
    ("essentia", &["essentia", "essentia-tensorflow"]),
    ("faiss", &["faiss-cpu", "faiss-gpu", "faiss", "faiss-gpu-cu12"]),
    ("ffmpeg", &["ffmpeg-python", "python-ffmpeg"]),
    ("fitz", &["pymupdf"]),
    ("gi", &["pygobject"]),
    ("git", &["gitpython"]),
    ("github", &["pygithub"]),
    ("gitlab", &["python-gitlab"]),
    ("google", &["protobuf"]),
    ("googleapiclient", &["google-api-python-client"]),
    ("graphviz", &["graphviz", "python-graphviz"]),
    ("gridfs", &["pymongo"]),
    ("groundingdino", &["groundingdino-py"]),
    ("grpc", &["grpcio"]),
    ("grpc_status", &["grpcio-status"]),
    ("grpc_tools", &["grpcio-tools"]),
    ("gurobipy", &["gurobipy", "gurobi"]),
    ("hydra", &["hydra-core"]),
    ("ignite", &["pytorch-ignite"]),
    ("igraph", &["igraph", "python-igraph"]),
    ("imblearn", &["imbalanced-learn"]),
    ("iso639", &["iso-639", "python-iso639"]),
    ("iterstrat", &["iterative-stratification"]),
    ("jose", &["python-jose"]),
    ("jwt", &["pyjwt"]),
    ("kafka", &["kafka-python", "kafka-python-ng"]),
    ("keras", &["keras", "tensorflow", "tensorflow-cpu", "tf-keras"]),
    ("langchain_core", &["langchain-core", "langchain"]),
    ("ldap", &["python-ldap"]),
    ("lightning", &["lightning", "pytorch-lightning"]),
    ("lightning_fabric", &["lightning-fabric", "lightning"]),
    ("llama_cpp", &["llama-cpp-python"]),
    ("lzo", &["python-lzo"]),
    ("magic", &["python-magic"]),
    ("markdown_it", &["markdown-it-py"]),
    ("matplotlib", &["matplotlib", "matplotlib-base"]),
    ("memcache", &["python-memcached"]),
    ("mlflow", &["mlflow", "mlflow-skinny"]),
    ("mmcv", &["mmcv", "mmcv-full", "mmcv-lite"]),
    ("monai", &["monai", "monai-weekly"]),
    ("mpl_toolkits", &["matplotlib", "matplotlib-base", "basemap"]),
    ("multipart", &["python-multipart"]),
    ("mxnet", &["mxnet", "mxnet-cu112"]),
    ("mysql", &["mysql-connector-python"]),
    ("nacl", &["pynacl"]),
    ("newspaper", &["newspaper3k", "newspaper4k"]),
    ("nmap", &["python-nmap"]),
    ("nvidia", &["nvidia-ml-py"]),
    ("objc", &["pyobjc-core"]),
    ("odf", &["odfpy"]),
    ("ogr", &["gdal"]),
    ("onnxruntime", &["onnxruntime", "onnxruntime-gpu", "onnxruntime-directml"]),
    ("open3d", &["open3d", "open3d-cpu"]),
    ("openbabel", &["openbabel", "openbabel-wheel"]),
    ("opencc", &["opencc", "opencc-python-reimplemented"]),
    ("osgeo", &["gdal"]),
    ("ot", &["pot"]),
    ("paddle", &["paddlepaddle", "paddlepaddle-gpu"]),
    ("paho", &["paho-mqtt"]),
    ("pandas_profiling", &["pandas-profiling", "ydata-profiling"]),
    ("past", &["future"]),
    ("pb", &["protobuf"]),
    ("pdfminer", &["pdfminer-six", "pdfminer"]),
    ("pinecone", &["pinecone", "pinecone-client"]),
    ("pkg_resources", &["setuptools"]),
    ("pl_bolts", &["lightning-bolts"]),
    ("polars", &["polars", "polars-lts-cpu", "polars-u64-idx"]),
    ("pptx", &["python-pptx"]),
    ("psycopg", &["psycopg", "psycopg-binary"]),
    ("psycopg2", &["psycopg2", "psycopg2-binary"]),
    ("pyarrow", &["pyarrow", "pyarrow-core"]),
    ("pybel", &["openbabel"]),
    ("pycocotools", &["pycocotools", "pycocotools-windows"]),
    ("pydot", &["pydot", "pydotplus"]),
    ("pyfolio", &["pyfolio", "pyfolio-reloaded"]),
    ("pylab", &["matplotlib", "matplotlib-base"]),
    ("pynvml", &["pynvml", "nvidia-ml-py", "nvidia-ml-py3"]),
    ("pyspark", &["pyspark", "databricks-connect"]),
    ("pythoncom", &["pywin32"]),
    ("pythonjsonlogger", &["python-json-logger"]),
    ("pytorch_lightning", &["pytorch-lightning", "lightning"]),
    ("pywin", &["pywin32"]),
    ("pywt", &["pywavelets"]),
    ("pyximport", &["cython"]),
    ("rapidjson", &["python-rapidjson"]),
    ("ray", &["ray", "ray-default", "ray-core"]),
    ("rdkit", &["rdkit", "rdkit-pypi"]),
    ("readability", &["readability-lxml"]),
    ("rest_framework", &["djangorestframework"]),
    ("rmm", &["rmm", "rmm-cu11", "rmm-cu12"]),
    ("ruamel", &["ruamel-yaml"]),
    ("seaborn", &["seaborn", "seaborn-base"]),
    ("serial", &["pyserial"]),
    ("shapefile", &["pyshp"]),
    ("sip", &["sip", "pyqt5-sip"]),
    ("skimage", &["scikit-image"]),
    ("sklearn", &["scikit-learn", "scikit-learn-intelex"]),
    ("skmultilearn", &["scikit-multilearn"]),
    ("skopt", &["scikit-optimize"]),
    ("sksurv", &["scikit-survival"]),
    ("skvideo", &["scikit-video"]),
    ("slugify", &["python-slugify", "unicode-slugify"]),
    ("snappy", &["python-snappy"]),
    ("snowflake", &["snowflake-connector-python", "snowflake-snowpark-python"]),
    ("socketio", &["python-socketio"]),
    ("socks", &["pysocks"]),
    ("soundfile", &["soundfile", "pysoundfile"]),
    ("speech_recognition", &["speechrecognition"]),
    ("stdnum", &["python-stdnum"]),
    ("stl", &["numpy-stl"]),
    ("surprise", &["scikit-surprise"]),
    ("tables", &["tables", "pytables"]),
    ("tabnet", &["pytorch-tabnet"]),
    ("tabula", &["tabula-py"]),
    ("talib", &["ta-lib"]),
    ("telegram", &["python-telegram-bot"]),
    ("tensorboard", &["tensorboard", "tensorflow", "tb-nightly"]),
    (
        "tensorflow",
        &[
            "tensorflow",
            "tensorflow-cpu",
            "tensorflow-gpu",
            "tensorflow-macos",
            "tensorflow-intel",
            "tf-nightly",
        ],
    ),
    ("tensorflow_datasets", &["tensorflow-datasets", "tfds-nightly"]),
    ("tlz", &["toolz", "cytoolz"]),
    ("torch", &["torch", "pytorch", "pytorch-gpu"]),
    ("tvm", &["apache-tvm"]),
    ("umap", &["umap-learn"]),
    ("usb", &["pyusb"]),
    ("vaex", &["vaex", "vaex-core"]),
    ("vertexai", &["google-cloud-aiplatform"]),
    ("vlc", &["python-vlc"]),
    ("vtkmodules", &["vtk"]),
    ("weaviate", &["weaviate-client"]),
    ("webrtcvad", &["webrtcvad", "webrtcvad-wheels"]),
    ("whisper", &["openai-whisper"]),
    ("win32api", &["pywin32"]),
    ("win32com", &["pywin32"]),
    ("win32con", &["pywin32"]),
    ("win32gui", &["pywin32"]),
    ("wx", &["wxpython"]),
    ("xgboost", &["xgboost", "xgboost-cpu", "py-xgboost"]),
    ("xlib", &["python-xlib"]),
    ("yaml", &["pyyaml"]),
    ("zmq", &["pyzmq"]),
];

/// Whether Python itself brings the module, or it is the inner part of some package, as `_sqlite3` is.
pub(super) fn is_standard(module: &str) -> bool {
    module.starts_with('_') || STANDARD.split_ascii_whitespace().any(|name| name == module)
}

/// Whether the module belongs to the machine that hosts the code.
pub(super) fn is_hosted(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or_default();
    HOSTED.contains(&top) || module.starts_with("google.colab")
}

/// A name without what is written differently: capital letters, `-`, `_` and `.`.
pub(super) fn letters(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '-' | '_' | '.')).flat_map(char::to_lowercase).collect()
}

/// The modules that a package may well bring, by its name alone, as [`letters`] has them: the same name, one without
/// `python` or `py` or a number, its first words, and the names that are known to differ. Generous, since a wrong alarm
/// costs more than a miss.
pub(super) fn modules_of(package: &str) -> BTreeSet<String> {
    let whole = letters(package);
    let mut modules = BTreeSet::from([whole.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()]);
    for word in ["python", "py"] {
        modules.extend(whole.strip_prefix(word).map(str::to_owned));
        modules.extend(whole.strip_suffix(word).map(str::to_owned));
    }
    // `google-cloud-storage` brings `google`, `torch-cpu` brings `torch`.
    let mut prefix = String::new();
    for word in package.split(['-', '_', '.']) {
        prefix.push_str(&word.to_lowercase());
        modules.insert(prefix.clone());
    }
    let known = DIFFERENT.iter().filter(|(_, packages)| packages.contains(&package));
    modules.extend(known.map(|(module, _)| letters(module)));
    modules.insert(whole);
    modules.remove("");
    modules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_bring(package: &str, module: &str) -> bool {
        modules_of(package).contains(&letters(module))
    }

    #[test]
    fn a_module_is_found_in_the_package_that_brings_it() {
        for (package, module) in [
            ("scikit-learn", "sklearn"),
            ("opencv-python-headless", "cv2"),
            ("pillow", "PIL"),
            ("pyyaml", "yaml"),
            ("google-cloud-storage", "google"),
            ("typing-extensions", "typing_extensions"),
            ("python-pptx", "pptx"),
            ("beautifulsoup4", "bs4"),
            ("pytorch", "torch"),
        ] {
            assert!(may_bring(package, module), "{package} {module}");
        }
        for (package, module) in [("numpy", "pandas"), ("torchvision", "torch"), ("scikit-image", "sklearn")]
        {
            assert!(!may_bring(package, module), "{package} {module}");
        }
        assert!(
            is_standard("_ast")
                && is_standard("dataclasses")
                && is_standard("distutils")
                && !is_standard("numpy")
        );
    }
}
