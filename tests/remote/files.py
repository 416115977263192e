# Licensed under a 3-clause BSD style license - see LICENSE
"""Questions about images and files: the image service, and csccli's lists, files and archives."""

import io
import tarfile
from typing import Any

import requests

from tests.remote.cone import covered_place
from tests.remote.site import Finding, Reading, Site, UnansweredError, asks, reading_of

__all__ = [
    "browse_order",
    "browse_stacks",
    "file_coding",
    "file_ranges",
    "image_columns",
    "small_images",
    "tar_of_files",
]

#: Sizes that are tried, in degrees.
_SIZES = (0.05, 0.1, 0.2, 0.3, 0.5)

#: Files of a source region and of its observation: small ones, in no order of theirs.
_TYPES = ("{0}.{1}.{2}/srcreg/", "{0}.{1}./fov3/", "{0}.{1}./badpix3/", "{0}.{1}.{2}/regevt3/")

_NO_PACKAGE = "1.0.999999/srcreg/"


def region(site: Site) -> tuple[str, str, str]:
    """Find a source region of any observation: ObsID, OBI and region."""
    query = f"SELECT TOP 1 o.obsid, o.obi, o.region_id FROM {site.schema}.observation_source o"
    reading = site.table(query)
    return tuple(reading.cells(name)[0] for name in ("obsid", "obi", "region_id"))  # type: ignore[return-value]


def browse(site: Site, *packages: str) -> list[dict[str, Any]]:
    """List files."""
    params = {"packageset": ",".join(packages), "version": site.release.csccli}
    answer = site.get("/csccli/browse", params=params)
    if not (answer.ok and answer.text.lstrip().startswith("[")):
        raise UnansweredError(f"status {answer.status_code}: {answer.text[:200]!r}")
    return list(answer.json())


def images(site: Site, size: float) -> Reading:
    """Ask for images of a place that was observed."""
    ra, dec = covered_place(site)
    params = {"POS": f"{ra},{dec}", "SIZE": str(size)}
    return reading_of(site.get(site.release.sia, params=params))


@asks("images: a small ``SIZE`` finds nothing", "sia_least_size_deg")
def small_images(site: Site) -> Finding:
    """Ask with ever larger sizes, until there are images."""
    counts = {size: len(images(site, size).all("TR")) for size in _SIZES}
    least = next((size for size, count in counts.items() if count), None)
    return Finding(f"images by SIZE in degrees: {counts}", {"sia_least_size_deg": least})


@asks("columns of the image service, and formats of images", "sia_reference", "sia_ucds")
def image_columns(site: Site) -> Finding:
    """Look at the FIELDs of the image service."""
    reading = images(site, _SIZES[-1])
    names = reading.names
    ucds = [item.get("ucd", "") for item in reading.all("FIELD")]
    reference = next((name for name in ("accref", "access_url") if name in names), "none")
    return Finding(
        f"columns: {', '.join(names)}; ucds: {ucds}",
        {
            "sia_reference": reference,
            "sia_ucds": "VOX:Image_AccessReference" in ucds,
        },
        reading.text.encode(),
    )


@asks("order of a list of files", "browse_order")
def browse_order(site: Site) -> Finding:
    """List files of several kinds, and compare with what was asked."""
    asked = [spec.format(*region(site)) for spec in _TYPES]
    wanted = [spec.split("/")[1] for spec in asked]
    listed = [str(file["filetype"]) for file in browse(site, *asked)]
    if not listed:
        raise UnansweredError(f"no file is listed for {asked}")
    in_order = listed == sorted(listed, key=wanted.index) if set(listed) <= set(wanted) else False
    return Finding(
        f"asked {wanted}, listed {listed}", {"browse_order": "asked" if in_order else "shuffled"}
    )


def small_file(site: Site, **headers: str) -> requests.Response:
    """Fetch a small file, or a part of it."""
    file = browse(site, _TYPES[0].format(*region(site)))[0]
    params = {
        "filetype": file["filetype"],
        "filename": file["filename"],
        "version": site.release.csccli,
    }
    plainly = {"Accept-Encoding": "identity", **headers}
    return site.get("/csccli/retrieveFile", params=params, headers=plainly)


def whole_file(site: Site) -> requests.Response:
    """Fetch a small file that is one."""
    answer = small_file(site)
    if not (answer.ok and answer.content.startswith((b"\x1f\x8b", b"SIMPLE  ="))):
        raise UnansweredError(f"status {answer.status_code}: {answer.content[:200]!r}")
    return answer


@asks("how a file is sent", "file_coding")
def file_coding(site: Site) -> Finding:
    """Fetch a small file, and look at its first bytes and headers."""
    answer = whole_file(site)
    said = answer.headers.get("Content-Encoding", "")
    form = "content-encoding" if said else "plain"
    form = "gzip" if answer.content.startswith(b"\x1f\x8b") else form
    words = f"{answer.url}: {dict(answer.headers)}, it begins {answer.content[:10]!r}"
    return Finding(words, {"file_coding": form}, answer.content)


@asks("whether the rest of a file can be asked for", "file_ranges")
def file_ranges(site: Site) -> Finding:
    """Fetch a small file, then all but its beginning."""
    whole = whole_file(site)
    names = {"ETag": "etag", "Last-Modified": "last-modified"}
    name = next((name for name in names if name in whole.headers), None)
    if name is None:
        return Finding(f"nothing names its version: {dict(whole.headers)}", {"file_ranges": "none"})
    rest = small_file(site, **{"Range": "bytes=100-", "If-Range": whole.headers[name]})
    is_given = rest.status_code == 206 and rest.content == whole.content[100:]
    words = f"{name}: {whole.headers[name]}; status {rest.status_code}, {dict(rest.headers)}"
    return Finding(words, {"file_ranges": names[name] if is_given else "refused"})


@asks("files in a tar: the folder's name, and what stands for *not found*")
def tar_of_files(site: Site) -> Finding:
    """Fetch one small file, and one that cannot be."""
    seen: list[str] = []
    for package in (_TYPES[0].format(*region(site)), _NO_PACKAGE):
        params = {"packageset": package, "version": site.release.csccli}
        answer = site.get("/csccli/retrieve", params=params)
        kind = answer.headers.get("Content-Type", "")
        if not seen and not (answer.ok and b"ustar" in answer.content[:512]):
            raise UnansweredError(f"status {answer.status_code}: {answer.content[:200]!r}")
        seen.append(f"{package}: status {answer.status_code} {kind}, {_members(answer.content)}")
    return Finding("; ".join(seen), raw=answer.content)


def _members(body: bytes) -> str:
    """List the members of a tar; the first words of anything else."""
    try:
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            return f"members {tar.getnames()}"
    except tarfile.TarError:
        return repr(body[:100])


@asks("whether ``csccli/browse`` takes a stack with a region, or the name of a source")
def browse_stacks(site: Site) -> Finding:
    """List files of a region of a stack, and of a master source."""
    query = f"SELECT TOP 1 s.detect_stack_id, s.region_id FROM {site.schema}.stack_source s"
    stack = site.table(query)
    detection = f"{stack.cells('detect_stack_id')[0]}.{stack.cells('region_id')[0]}"
    query = f"SELECT TOP 1 a.name FROM {site.schema}.master_stack_assoc a WHERE a.match_type = 'u'"
    name = site.table(query).cells("name")[0]
    specs = (f"{detection}/stksrcreg/", f"{name}/srcpoly3/", f"{name.replace(' ', '')}/srcpoly3/")
    seen = [f"{spec}: {_told(site, spec)}" for spec in specs]
    return Finding("; ".join(seen), raw="\n".join(seen).encode())


def _told(site: Site, spec: str) -> str:
    """Tell what a list of files says of a name that may not be one."""
    try:
        return str(browse(site, spec))
    except UnansweredError as error:
        browse(site, _TYPES[0].format(*region(site)))
        return f"refused: {error}"
