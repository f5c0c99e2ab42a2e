"""Builds the wheel, with libfurnace in it. The rest of what there is to say about the package is in pyproject.toml."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Dict

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70.1
    from wheel.bdist_wheel import bdist_wheel

WORKSPACE = Path(__file__).resolve().parents[2]


def in_repository() -> bool:
    return (WORKSPACE / "furnace-capi" / "Cargo.toml").exists()


def target() -> Path:
    """Where cargo builds."""
    return WORKSPACE / os.environ.get("CARGO_TARGET_DIR", "target")


def library() -> Path:
    """The library to put into the wheel: the one that FURNACE_BUILD_LIBRARY names, or what cargo builds."""
    given = os.environ.get("FURNACE_BUILD_LIBRARY")
    if given:
        return Path(given)
    if not in_repository():
        raise SystemExit(
            "The wheel is built in the repository of Furnace, which has the library's source; elsewhere, "
            "FURNACE_BUILD_LIBRARY has to name a libfurnace.so."
        )
    if shutil.which("cargo") is None:
        raise SystemExit(
            "There is no cargo to build libfurnace with; install Rust (https://rustup.rs), or let FURNACE_BUILD_LIBRARY "
            "name a libfurnace.so."
        )
    subprocess.run(["cargo", "build", "--release", "--locked", "--package", "furnace-capi"], cwd=WORKSPACE, check=True)
    return target() / "release" / "libfurnace.so"


class BuildWithLibrary(build_py):
    def run(self) -> None:
        # A module that is gone is not to be in the wheel any more.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        # What is installed to be edited is the source itself.
        editable = getattr(self, "editable_mode", False)
        package = Path(__file__).with_name("furnace") if editable else Path(self.build_lib, "furnace")
        self.mkpath(str(package))
        shutil.copyfile(library(), package / "libfurnace.so")


class WheelOfPlatform(bdist_wheel):
    """The library is for one kind of machine, but for every Python."""

    def get_tag(self) -> "tuple[str, str, str]":
        return "py3", "none", sysconfig.get_platform().replace("-", "_").replace(".", "_")


class WithLibrary(Distribution):
    """It has a part that is for one kind of machine, which is not built by setuptools."""

    def has_ext_modules(self) -> bool:
        return True


def leavings() -> Dict[str, Dict[str, str]]:
    """What is left of a build is left where cargo leaves it, and not among the sources."""
    if not in_repository():
        return {}
    place = target() / "python"
    place.mkdir(parents=True, exist_ok=True)
    return {"build": {"build_base": str(place / "build")}, "egg_info": {"egg_base": str(place)}}


setup(
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": WheelOfPlatform},
    distclass=WithLibrary,
    options=leavings(),
)
