"""Gives every random generator of a Python process a known start, and notes who seeds and who draws.

Its folder comes first on PYTHONPATH, so that each interpreter runs this file at start; afterwards it runs the
`sitecustomize` that it shadows. It never imports a library that the program does not import. Settings come from
a file that the variable DRIFTLESS_SETTINGS names (SHIM_<KEY>, seeds as decimal numbers); a source without a setting is left
alone. Events go to <LEDGER>/shim.<pid>.jsonl, one line each, written at once. A failure in here is an event,
never an output and never an error of the program. Python 3.7 and later; not run under -I, -E or -S.
"""

import atexit
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)

_settings = {}  # Name -> value, read once at start.
_pid = None  # Of the process that wrote the last event: a forked worker begins a file of its own.
_noted = set()  # (event, source) pairs of this process: the first one of a kind tells enough.
_seeded = set()  # Sources that the program has seeded; a forked worker inherits them.
_watched = {}  # Source -> function that says whether its state has moved since the start.
_forks = 0  # Children that this process has forked so far.
_ancestry = ()  # Which child of which child this process is.
_streams = {}  # (key, place in the tree of processes) -> generator.


# -- Settings --------------------------------------------------------------------------------------


def _mark():
    """The limit on file locks, which tells apart runs that are under way at the same time."""
    limits = _content("/proc/self/limits").splitlines()
    return [line.split()[3] for line in limits if line.startswith("Max file locks")]


def _content(path):
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 65536).decode("utf-8", "surrogateescape")
    finally:
        os.close(file)


def _read_settings():
    start = os.environ.get("DRIFTLESS_SETTINGS")
    if start is None:
        return
    try:
        content = _content(start + "-" + _mark()[0])
    except (OSError, IndexError):
        content = _content(start)
    for setting in content.split("\0"):
        name, _, value = setting.partition("=")
        _settings[name] = value


# -- The ledger ------------------------------------------------------------------------------------


def _quoted(text):
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    units = text.encode("utf-16-be")
    codes = [units[i] << 8 | units[i + 1] for i in range(0, len(units), 2)]
    return '"' + "".join(chr(c) if 32 <= c < 127 and c not in (34, 92) else "\\u%04x" % c for c in codes) + '"'


def _write(event, fields):
    parts = [("event", event)] + [(key, value) for key, value in fields]
    line = ",".join(_quoted(key) + ":" + ("null" if value is None else _quoted(value)) for key, value in parts)
    path = os.path.join(_settings["LEDGER"], "shim.%d.jsonl" % os.getpid())
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(file, ("{" + line + "}\n").encode("ascii"))
    finally:
        os.close(file)


def _event(event, *fields):
    global _pid
    try:
        if _settings.get("LEDGER"):
            if _pid != os.getpid():
                _pid = os.getpid()
                version = "%d.%d.%d" % sys.version_info[:3]
                _write("start", [("python", version), ("executable", sys.executable or None)])
            if event != "start":
                _write(event, fields)
    except Exception:
        pass  # Without a ledger there is no place left to say so.


def _guarded(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        _event("failure", ("step", function.__name__), ("error", repr(error)))


def _place(none_in_import=False):
    """The line of the program that led here: the nearest caller that is not in an installed library, if there is one."""
    nearest = None
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if none_in_import and name.startswith("<frozen importlib"):
            return None
        if frame.f_globals is not globals() and not name.startswith("<frozen"):
            place = "%s:%d" % (name, frame.f_lineno)
            if not (name.startswith(_STANDARD_LIBRARY) or any(part in name for part in _INSTALLED)):
                return place
            nearest = nearest or place
        frame = frame.f_back
    return nearest


def _note(event, source, place):
    if (event, source) not in _noted:
        _noted.add((event, source))
        _event(event, ("source", source), ("place", place() if place else None))


def _note_seeded(source):
    """The program seeds `source`: whether it drew from it before belongs to the ledger, too."""
    if source not in _seeded:
        _guarded(_note_if_moved, source)
        _seeded.add(source)
    _note("seeded", source, _place)


def _note_if_moved(source):
    moved = _watched.get(source)
    if source not in _seeded and moved is not None and moved():
        _note("drawn", source, None)


def _at_exit():
    for source in list(_watched):
        _guarded(_note_if_moved, source)


# -- Seeds and streams -----------------------------------------------------------------------------


def _setting(key):
    text = _settings.get("SHIM_" + key)
    return None if text is None else int(text)


def _bits(key, count):
    """`count` bits of the stream that the setting `key` begins: fresh at each call, the same in each run, and others in
    each forked or multiprocessing worker, as entropy would be."""
    import _random

    process = getattr(sys.modules.get("multiprocessing.process"), "_current_process", None)
    stream = (key, _ancestry, tuple(getattr(process, "_identity", ())))
    if stream not in _streams:
        label = repr((stream, _setting(key))).encode("ascii")
        _streams[stream] = _random.Random(int.from_bytes(label, "little"))
    return _streams[stream].getrandbits(count)


def _before_fork():
    global _forks
    _forks += 1


def _in_child():
    global _forks, _ancestry
    _ancestry += (_forks,)
    _forks = 0
    _noted.clear()


# -- What stands in for functions of libraries -----------------------------------------------------


def _stand_in(new, original, *owners):
    """Puts `new` wherever `owners` hold `original`, and makes it look like it."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        try:
            setattr(new, name, getattr(original, name))
        except AttributeError:
            pass
    new.__wrapped__ = original
    for owner in owners:
        if getattr(owner, original.__name__, None) is original:
            setattr(owner, original.__name__, new)


def _is_for_a_temporary_name():
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == "random":
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") == "tempfile"


def _hook_random(random):
    _event("import", ("library", "random"))
    hidden, original, start = random._inst, random.Random.seed, _setting("PYTHON_RANDOM")

    def seed(self, a=None, version=2):
        if a is not None:
            if self is hidden:
                _guarded(_note_seeded, "python-random")
        # Names of temporary files are no draw of the program: they stay with the system's entropy.
        elif start is not None and not _is_for_a_temporary_name():
            _guarded(_note, "drawn", "python-random", _place)
            a = _guarded(_bits, "PYTHON_RANDOM", 256)
        return original(self, a, version)

    def begin(value):
        original(hidden, value)
        begun = hidden.getstate()
        _watched["python-random"] = lambda: hidden.getstate() != begun

    def begin_in_child():
        # In a forked worker the module takes fresh entropy, whatever the program had seeded before.
        _seeded.discard("python-random")
        _guarded(begin, _guarded(_bits, "PYTHON_RANDOM", 256))

    _stand_in(seed, original, random.Random)
    random.seed = hidden.seed
    if start is not None:
        begin(start)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=begin_in_child)


def _hook_numpy(random):
    _event("import", ("library", "numpy"))
    _guarded(_hook_numpy_global, random)
    _guarded(_hook_numpy_fresh, random)


def _hook_numpy_global(random):
    original, start = random.seed, _setting("NUMPY_GLOBAL")

    def state():
        whole = random.get_state(legacy=False)
        inner = sorted(whole["state"].items())
        return whole["bit_generator"], whole["has_gauss"], [getattr(v, "tobytes", lambda v=v: v)() for _, v in inner]

    def seed(seed=None):
        if seed is not None:
            _guarded(_note_seeded, "numpy-global")
        elif start is not None:
            _guarded(_note, "drawn", "numpy-global", _place)
            seed = _guarded(_bits, "NUMPY_GLOBAL", 32)
        return original(seed)

    if start is not None:
        original(start)
        begun = state()
        _watched["numpy-global"] = lambda: state() != begun
    _stand_in(seed, original, random, random.mtrand)


def _hook_numpy_fresh(random):
    """Everything that NumPy makes without a seed asks `randbits` of one module, whose name depends on the version. So does
    `RandomState(3)`, before it takes its seed: asking alone is no sign of a draw."""
    source = sys.modules.get("numpy.random.bit_generator") or sys.modules.get("numpy.random._bit_generator")
    original_bits, original = source.randbits, random.default_rng

    def randbits(k):
        bits = _guarded(_bits, "NUMPY_DEFAULT_RNG", k)
        return original_bits(k) if bits is None else bits

    def default_rng(seed=None):
        if not isinstance(seed, (random.Generator, random.BitGenerator)):
            _guarded(_note, "drawn" if seed is None else "seeded", "numpy-default-rng", _place)
        return original(seed)

    if _setting("NUMPY_DEFAULT_RNG") is not None:
        source.randbits = randbits
        randbits.__wrapped__ = original_bits
    _stand_in(default_rng, original, random, sys.modules.get("numpy.random._generator"))


def _hook_torch(torch):
    _event("import", ("library", "torch"))
    _guarded(_hook_torch_cpu, torch)
    if torch.version.cuda or getattr(torch.version, "hip", None):
        _guarded(_hook_torch_cuda, torch)


def _hook_torch_cpu(torch):
    generator, start = torch.default_generator, _setting("TORCH_CPU")
    original, original_seed = torch.manual_seed, torch.seed

    def manual_seed(seed):
        _guarded(_note_seeded, "torch-cpu")
        return original(seed)

    def seed():
        value = None if start is None else _guarded(_bits, "TORCH_CPU", 63)
        if value is None:
            return original_seed()
        _guarded(_note, "drawn", "torch-cpu", _place)
        original(value)
        return value

    if start is not None:
        generator.manual_seed(start)
        begun = generator.get_state()
        _watched["torch-cpu"] = lambda: not torch.equal(generator.get_state(), begun)
    _stand_in(manual_seed, original, torch, torch.random)
    _stand_in(seed, original_seed, torch, torch.random)


def _hook_torch_cuda(torch):
    cuda, start = torch.cuda, _setting("TORCH_CUDA")

    def moved():
        # The device's state ends with how far the stream has been read; asking must not initialise the device.
        if not cuda.is_initialized() or cuda._is_in_bad_fork():
            return False
        return any(any(generator.get_state()[-8:].tolist()) for generator in cuda.default_generators)

    def watched(original):
        def seeding(seed):
            _guarded(_note_seeded, "torch-cuda")
            return original(seed)

        _stand_in(seeding, original, cuda, cuda.random)

    if start is not None:
        cuda.manual_seed_all(start)  # Waits until the program initialises the device.
        _watched["torch-cuda"] = moved
    watched(cuda.manual_seed)
    watched(cuda.manual_seed_all)


def _hook_workers(util):
    """Workers of multiprocessing leave without the handlers of atexit, but with those of its own."""
    util.register_after_fork(_at_exit, lambda at_exit: util.Finalize(None, at_exit, exitpriority=0))


def _stand_in_for_entropy():
    """`os.urandom`, where no preload library carries the system's entropy."""

    original = os.urandom

    def urandom(size):
        # Libraries fill keys and generators while they are imported; that is no draw of the program.
        place = _guarded(_place, True)
        if place is not None:
            _guarded(_note, "drawn", "os-entropy", lambda: place)
        bits = _guarded(_bits, "OS_ENTROPY", 8 * size) if size else None
        return original(size) if bits is None else bits.to_bytes(size, "little")

    _stand_in(urandom, original, os)
    if "random" in sys.modules:
        sys.modules["random"]._urandom = urandom


# -- Imports ---------------------------------------------------------------------------------------

_HOOKS = {
    "random": _hook_random,
    "numpy.random": _hook_numpy,
    "torch": _hook_torch,
    "multiprocessing.util": _hook_workers,
}


class _Finder:
    """Asks the other finders, and has the hook run when the module that they found has been executed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        hook = _HOOKS.get(name)
        if hook is None:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = None if finder is _Finder or find is None else find(name, path, target)
            if spec is not None:
                _guarded(_hook_after, spec.loader, hook)
                return spec
        return None


def _hook_after(loader, hook):
    execute = loader.exec_module

    def exec_module(module):
        del loader.exec_module  # The loader is as it was before the library can look at it.
        execute(module)
        _guarded(hook, module)

    loader.exec_module = exec_module


def _run_shadowed():
    import _frozen_importlib
    import _frozen_importlib_external

    others = [entry for entry in sys.path if isinstance(entry, str) and os.path.abspath(entry) != _HERE]
    spec = _frozen_importlib_external.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = _frozen_importlib.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


def _boot():
    _read_settings()
    _event("start")
    atexit.register(_at_exit)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork, after_in_child=_in_child)
    if _setting("OS_ENTROPY") is not None and not os.environ.get("LD_PRELOAD"):
        _stand_in_for_entropy()
    sys.meta_path.insert(0, _Finder)
    for name, hook in _HOOKS.items():
        if name in sys.modules:
            _guarded(hook, sys.modules[name])


_guarded(_boot)
if __name__ == "sitecustomize":
    _run_shadowed()
