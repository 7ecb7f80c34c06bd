#!/usr/bin/env python3
"""Puts the self-contained program into a Python wheel, so that pip, pipx and pre-commit can install it without Swift.

    scripts/wheel.py [FOLDER]     builds the program (the Swift runtime and tree-sitter inside) and the wheel; default: dist

It is a build backend, too (PEP 517: https://peps.python.org/pep-0517/). INTERLOCK_BINARY names a program that is built
already. The wheel is the same, byte for byte, for the same program.
"""
import base64, hashlib, os, pathlib, platform, re, shutil, subprocess, sys, tempfile, zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = ROOT / ".build" / "wheel"


def fail(sentence):
    sys.exit(f"scripts/wheel.py: {sentence}")


def run(*command, **options):
    try:
        return subprocess.run(command, check=True, **options)
    except FileNotFoundError:
        fail(f"{command[0]} is missing: install it, or name a finished program in INTERLOCK_BINARY.")
    except subprocess.CalledProcessError as error:
        fail(f"`{' '.join(map(str, command[:4]))} …` failed with code {error.returncode}.")


def version():
    text = (ROOT / "Sources/interlock/Interlock.swift").read_text(encoding="utf-8")
    return re.search(r'version: "([^"]+)"', text).group(1)


def program():
    """The program with everything inside but libc and its kin."""
    if given := os.environ.get("INTERLOCK_BINARY"):
        path = pathlib.Path(given)
        return path if path.is_file() else fail(f"INTERLOCK_BINARY names no file: {given}")
    run(ROOT / "scripts/bootstrap", stdout=sys.stderr)
    # The linker takes a shared library where it finds one: it is shown a folder that holds the archive alone.
    library = SCRATCH / "static"
    library.mkdir(parents=True, exist_ok=True)
    for name, package, needs in [("tree-sitter", "libtree-sitter-dev", ""), ("sqlite3", "libsqlite3-dev", " -lm")]:
        folder = subprocess.run(["pkg-config", "--variable=libdir", name], capture_output=True, text=True).stdout.strip()
        archive = pathlib.Path(folder or "/usr/lib") / f"lib{name}.a"
        if not archive.is_file():
            fail(f"{archive} is missing: install {package}.")
        shutil.copyfile(archive, library / archive.name)
        (library / f"{name}.pc").write_text(f"Name: {name}\nDescription: static\nVersion: 0\nLibs: -L{library} -l{name}{needs}\n")
    environment = dict(os.environ, PKG_CONFIG_PATH=str(library))
    command = ["swift", "build", "--package-path", str(ROOT), "-c", "release", "--product", "interlock", "--static-swift-stdlib", "--scratch-path", str(SCRATCH / "build")]
    run(*command, env=environment, stdout=sys.stderr)
    built = subprocess.run(command + ["--show-bin-path"], env=environment, capture_output=True, text=True).stdout.strip()
    return pathlib.Path(built) / "interlock"


def slim(path, folder):
    """Without its symbols, which are two thirds of it."""
    copy = pathlib.Path(folder) / "interlock"
    shutil.copyfile(path, copy)
    if sys.platform == "linux":
        run("strip", "--strip-all", str(copy))
    copy.chmod(0o755)
    return copy


def tag(path):
    """The oldest glibc that has what the program asks for: https://peps.python.org/pep-0600/"""
    if sys.platform == "darwin":
        return f"py3-none-macosx_15_0_{platform.machine()}"
    symbols = run("objdump", "-T", str(path), capture_output=True, text=True).stdout
    newest = max((tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_(\d+\.\d+)", symbols)), default=(2, 17))
    return f"py3-none-manylinux_{newest[0]}_{newest[1]}_{platform.machine()}"


def metadata():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return (
        f"Metadata-Version: 2.1\nName: interlock\nVersion: {version()}\nSummary: Finds the code that breaks when two requests arrive at once\n"
        f"License: MIT\nRequires-Python: >=3.9\nDescription-Content-Type: text/markdown\n\n{readme}"
    )


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    base = f"interlock-{version()}"
    with tempfile.TemporaryDirectory() as folder:
        binary = slim(program(), folder)
        name = f"{base}-{tag(binary)}.whl"
        files = [
            (f"{base}.data/scripts/interlock", binary.read_bytes(), 0o755),
            (f"{base}.dist-info/METADATA", metadata().encode(), 0o644),
            (f"{base}.dist-info/WHEEL", f"Wheel-Version: 1.0\nGenerator: interlock\nRoot-Is-Purelib: false\nTag: {tag(binary)}\n".encode(), 0o644),
            (f"{base}.dist-info/licenses/LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644),
        ]
        for page in sorted((ROOT / "man").glob("*.1")):
            files.append((f"{base}.data/data/share/man/man1/{page.name}", page.read_bytes(), 0o644))
        record = "".join(f"{path},sha256={digest(data)},{len(data)}\n" for path, data, _ in files) + f"{base}.dist-info/RECORD,,\n"
        files.append((f"{base}.dist-info/RECORD", record.encode(), 0o644))
        pathlib.Path(wheel_directory).mkdir(parents=True, exist_ok=True)
        draft = pathlib.Path(folder) / name
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data, mode in files:
                entry = zipfile.ZipInfo(path, date_time=(2020, 1, 1, 0, 0, 0))
                entry.external_attr = (0o100000 | mode) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, data)
        finished = pathlib.Path(wheel_directory) / name
        staged = finished.with_name(f".{name}.{os.getpid()}")
        shutil.copyfile(draft, staged)
        os.replace(staged, finished)
        return name


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def build_sdist(sdist_directory, config_settings=None):
    fail("there is no source distribution: the source is the repository.")


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "dist")
    print(pathlib.Path(target) / build_wheel(target))
