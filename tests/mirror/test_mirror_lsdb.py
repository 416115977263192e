# Licensed under a 3-clause BSD style license - see LICENSE
"""to_lsdb: a mirror's sources as a catalogue of LSDB, that loses no source and no pair."""

import sys
from importlib import import_module

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table
from astroquery.exceptions import InputWarning

from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    MirrorError,
    MissingPackageError,
)
from astroquery_csc.mirror.lsdb import to_lsdb
from astroquery_csc.sky.index import SkyIndex
from tests.support.invented_mirror import write_mirror


def invent_sources(ra, dec):
    """Invent sources at given places, with every type of column, and nulls in each."""
    size = len(ra)
    odd = np.arange(size) % 3 == 1
    return Table(
        {
            "name": [f"2CXO J{row:06d}" for row in range(size)],
            "ra": MaskedColumn(ra, mask=np.isnan(ra), unit="deg"),
            "dec": MaskedColumn(dec, mask=np.isnan(dec), unit="deg"),
            "significance": np.arange(size) + 3.25,
            "flux_aper_b": MaskedColumn(np.arange(size) * 1e-15, mask=odd, unit="erg / (s cm2)"),
            "likelihood_class": MaskedColumn(["TRUE"] * size, mask=odd),
            "conf_code": MaskedColumn(np.arange(size, dtype=np.int32), mask=odd),
            "var_flag": MaskedColumn(np.arange(size) % 2 == 0, mask=odd),
        }
    )


@pytest.fixture
def sources():
    """Invent 300 sources: the seam of right ascension, both poles, and edges of pixels."""
    rng = np.random.default_rng(7)
    ra = np.concatenate([rng.uniform(-0.01, 0.01, 100) % 360, rng.uniform(0, 360, 100)])
    dec = np.concatenate([rng.uniform(-0.01, 0.01, 100), rng.uniform(89.99, 90, 50)])
    edge = 45 + rng.uniform(-0.01, 0.01, 100)
    return invent_sources(
        np.concatenate([ra, edge]),
        np.concatenate([dec, rng.uniform(-90, -89.99, 50), rng.uniform(-0.01, 0.01, 100)]),
    )


@pytest.fixture
def mirror(tmp_path, sources):
    """Write the sources as a mirror."""
    return write_mirror(tmp_path / "csc21", master_source=sources)


def files_in(folder):
    """List every file below a folder, with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows_of(catalogue):
    """Give the rows of a catalogue in the order of their names."""
    frame = catalogue.compute(progress_bar=False)
    return frame.sort_values("name").reset_index(drop=True)


# --------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"margin": 5}, InputTypeError, "margin is 5, without a unit"),
        ({"margin": 2 * u.deg}, InvalidQueryError, "more than 0 and at most 1 deg"),
        ({"margin": 0 * u.deg}, InvalidQueryError, "more than 0 and at most 1 deg"),
        ({"columns": 3}, InputTypeError, "columns is 3; expected column names"),
        ({"columns": "signifcance"}, InvalidQueryError, "'significance'"),
        ({"columns": "flux_aper_w"}, InvalidQueryError, "The mirror has no column 'flux_aper_w'"),
        ({"output": 3}, InputTypeError, "output is 3; expected the path of a folder"),
    ],
)
def test_bad_arguments_are_refused(mirror, arguments, error, message):
    """An argument that cannot be meant is an error that says what was expected."""
    with pytest.raises(error, match=message):
        to_lsdb(mirror, **arguments)


def test_a_path_is_wanted():
    """What is not a path is refused."""
    with pytest.raises(InputTypeError, match="path is None; expected the path of a folder"):
        to_lsdb(None)  # type: ignore[arg-type]


def test_no_mirror_is_an_error(tmp_path):
    """A folder that is not there is the mirror's own error, and is not made."""
    with pytest.raises(MirrorError, match="is not there"):
        to_lsdb(tmp_path / "none")
    assert not list(tmp_path.iterdir())


def test_a_mirror_without_masters_says_how_to_fetch_them(tmp_path, sources):
    """A mirror of other tables is refused with the call that mends it."""
    other = write_mirror(tmp_path / "csc21", stack_source=sources)
    with pytest.raises(InvalidQueryError, match=r"only stack_source. Run mirror.update"):
        to_lsdb(other)


def test_a_cut_file_is_an_error(mirror):
    """A file of another size is damage."""
    file = next(mirror.glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(MirrorError, match="damaged"):
        to_lsdb(mirror)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("csc21", "is there already"),
        ("csc21/hats", "is in the mirror"),
        ("none/hats", "the folder above it does not exist"),
    ],
)
def test_output_goes_to_a_new_folder_outside_of_the_mirror(mirror, place, message):
    """Nothing is overwritten, and nothing is put into the mirror."""
    before = files_in(mirror.parent)
    with pytest.raises(InvalidQueryError, match=message):
        to_lsdb(mirror, output=mirror.parent / place)
    assert files_in(mirror.parent) == before


def test_without_lsdb_the_error_has_the_pip_line(mirror, monkeypatch):
    """The package that is missing is named, with the line that installs it."""
    monkeypatch.setitem(sys.modules, "lsdb", None)
    with pytest.raises(
        MissingPackageError, match=r'python -m pip install "astroquery_csc\[lsdb\]"'
    ):
        to_lsdb(mirror)


# --------------------------------------------------------------------- what comes


@pytest.mark.lsdb
def test_every_cell_is_what_the_mirror_has(mirror, sources):
    """Each source comes once; numbers, text, integers, flags and nulls are the mirror's."""
    frame = rows_of(to_lsdb(mirror))
    assert list(frame.columns) == sources.colnames
    assert [str(dtype) for dtype in frame.dtypes] == [
        "string[pyarrow]",
        *["double[pyarrow]"] * 4,
        "string[pyarrow]",
        "int32[pyarrow]",
        "bool[pyarrow]",
    ]
    for name in sources.colnames:
        expected = np.ma.MaskedArray(sources[name]).tolist()
        assert frame[name].astype(object).where(frame[name].notna(), None).tolist() == expected


@pytest.mark.lsdb
def test_units_descriptions_and_ucds_are_kept(mirror):
    """Units, descriptions and UCDs stand in the metadata of the fields."""
    catalogue = to_lsdb(mirror, columns="flux_aper_b")
    assert list(catalogue.columns) == ["name", "ra", "dec", "flux_aper_b"]
    words = catalogue.original_schema.field("flux_aper_b").metadata
    assert words[b"unit"] == b"erg / (s cm2)"
    assert words[b"description"].startswith(b"aperture-corrected net energy flux")
    assert catalogue.original_schema.field("ra").metadata[b"ucd"] == b"pos.eq.ra;meta.main"


@pytest.mark.lsdb
@pytest.mark.parametrize(("radius_arcsec", "least"), [(0.5, 5), (20.0, 500), (60.0, 1000)])
def test_a_match_finds_every_pair(mirror, sources, radius_arcsec, least):
    """Across the seam, at the poles and at edges of pixels, the pairs are those of the kernel."""
    lsdb = import_module("lsdb")
    rng = np.random.default_rng(3)
    near = SkyCoord(sources["ra"], sources["dec"])
    moved = near.directional_offset_by(
        rng.uniform(0, 360, 300) * u.deg, rng.uniform(0, 80, 300) * u.arcsec
    )
    table = Table({"row": np.arange(300), "ra": moved.ra.deg, "dec": moved.dec.deg})
    positions = lsdb.from_dataframe(
        table.to_pandas(), catalog_name="asked", partition_rows=40, margin_threshold=None
    )
    matches = positions.crossmatch(
        to_lsdb(mirror),
        radius_arcsec=radius_arcsec,
        n_neighbors=300,
        require_right_margin=True,
        suffixes=("_asked", ""),
        suffix_method="overlapping_columns",
        log_changes=False,
    ).compute(progress_bar=False)
    pairs = SkyIndex(sources["ra"], sources["dec"]).pairs(
        moved.ra.deg, moved.dec.deg, radius_arcsec / 3600
    )
    expected = zip(pairs.position.tolist(), sources["name"][pairs.source].tolist(), strict=True)
    assert sorted(zip(matches["row"], matches["name"], strict=True)) == sorted(expected)
    assert len(matches) > least


@pytest.mark.lsdb
def test_a_radius_beyond_the_margin_is_refused(mirror):
    """LSDB itself refuses what would lose pairs; a margin of its size is allowed."""
    catalogue = to_lsdb(mirror, margin=20 * u.arcsec)
    with pytest.raises(ValueError, match="greater than margin threshold"):
        catalogue.crossmatch(catalogue, radius_arcsec=20.1, suffix_method="all_columns")


@pytest.mark.lsdb
@pytest.mark.parametrize(
    ("margin", "arcsec"), [(1 * u.arcsec, 10.0), (3 * u.arcmin, 180.0), ("1 deg", 3600.0)]
)
def test_the_margin_is_as_asked_and_at_least_ten_arcseconds(mirror, margin, arcsec):
    """A narrow margin, which LSDB is slow to make, is widened."""
    found = to_lsdb(mirror, margin=margin).margin.hc_structure.catalog_info.margin_threshold
    assert found == pytest.approx(arcsec)


@pytest.mark.lsdb
@pytest.mark.filterwarnings(
    # lsdb's; pytest.warns shows them again
    "ignore:The inplace keyword",
    "ignore:The 'mode.chained_assignment' option",
)
def test_sources_without_a_position_are_left_out_with_a_warning(tmp_path):
    """The warning says how many, and the others all come."""
    folder = write_mirror(
        tmp_path / "csc21",
        master_source=invent_sources(
            np.array([1.0, np.nan, 3.0, 4.0]), np.array([1.0, 2.0, np.nan, -90.0])
        ),
    )
    with pytest.warns(InputWarning, match="2 of 4 sources have no position, and were left out"):
        catalogue = to_lsdb(folder)
    assert rows_of(catalogue)["name"].tolist() == ["2CXO J000000", "2CXO J000003"]


@pytest.mark.lsdb
@pytest.mark.parametrize("size", [0, 2])
def test_no_position_at_all_is_an_error(tmp_path, size):
    """Never a catalogue without a source."""
    nowhere = np.full(size, np.nan)
    folder = write_mirror(tmp_path / "csc21", master_source=invent_sources(nowhere, nowhere))
    with pytest.raises(InvalidQueryError, match="has no source with a position"):
        to_lsdb(folder)


@pytest.mark.lsdb
def test_a_file_without_a_column_of_the_manifest_is_an_error(mirror):
    """What the manifest says is not believed."""
    manifest = mirror / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"significance"', '"signal"'), encoding="utf-8")
    with pytest.raises(MirrorError, match="it has not the columns that the manifest names"):
        to_lsdb(mirror)


@pytest.mark.lsdb
def test_positions_that_are_no_numbers_are_an_error(tmp_path):
    """A file whose positions are text is not a catalogue."""
    odd = Table({"name": ["A"], "ra": ["here"], "dec": ["there"]})
    with pytest.raises(MirrorError, match="no numbers for ra and dec"):
        to_lsdb(write_mirror(tmp_path / "csc21", master_source=odd))


# --------------------------------------------------------------------- to the disk


@pytest.mark.lsdb
def test_output_is_the_same_catalogue_in_files(mirror, tmp_path):
    """What is read from the disk equals what is in memory; the mirror is as it was."""
    before = files_in(mirror)
    written = to_lsdb(mirror, output=tmp_path / "hats")
    assert rows_of(written).equals(rows_of(to_lsdb(mirror)))
    assert written.margin is not None
    assert files_in(mirror) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csc21", "hats"]


@pytest.mark.lsdb
def test_files_say_what_the_columns_are(mirror, tmp_path):
    """Units, descriptions and UCDs stand in a VOTable header, and the release in the properties."""
    import pyarrow.parquet as pq
    from astropy.io.votable import parse_single_table

    to_lsdb(mirror, output=tmp_path / "hats")
    part = tmp_path / "hats" / "csc"
    header = pq.read_metadata(part / "dataset" / "_common_metadata").metadata
    document = tmp_path / "header.vot"
    document.write_bytes(header[b"IVOA.VOTable-Parquet.content"])
    with pytest.warns(u.UnitsWarning, match="The unit 'erg' has been deprecated"):
        field = parse_single_table(document).get_field_by_id_or_name("flux_aper_b")
    assert field.unit == u.Unit("erg / (s cm2)")
    assert field.description.split()[0] == "aperture-corrected"
    properties = (part / "hats.properties").read_text(encoding="utf-8")
    assert "obs_title=Chandra Source Catalog, release 2.1" in properties.splitlines()


@pytest.mark.lsdb
def test_a_disk_that_fills_up_leaves_nothing(mirror, tmp_path, monkeypatch):
    """Files appear whole or not at all."""
    from hats.io import parquet_metadata

    def fail(*_, **__):
        """Stand for a full disk."""
        raise OSError("No space left on device")

    monkeypatch.setattr(parquet_metadata, "write_voparquet_in_common_metadata", fail)
    with pytest.raises(OSError, match="No space left"):
        to_lsdb(mirror, output=tmp_path / "hats")
    assert [path.name for path in tmp_path.iterdir()] == ["csc21"]
