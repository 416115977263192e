# Licensed under a 3-clause BSD style license - see LICENSE
"""Answers on disk: found whole or not at all, and never in the way of a query."""

import errno
import hashlib
import io
import json
import os
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from astroquery import cache_conf
from astroquery.exceptions import InputWarning
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from astroquery_csc.service import cache as cache_module
from astroquery_csc.service import cache_folder
from astroquery_csc.service.cache import Cache, Entry, Keep, cache_key
from astroquery_csc.service.cache_folder import EVERYTHING, Found, private_folder
from tests.support.examples import examples

on_posix = pytest.mark.skipif(os.name != "posix", reason="this is a matter of POSIX")
KEY = cache_key({"url": "http://127.0.0.1/tap", "QUERY": "SELECT 1"})
BODY = b"<VOTABLE>" + bytes(range(256)) * 300
HEADER = 1024


@pytest.fixture
def cache(tmp_path):
    """Give a cache in an empty folder."""
    return Cache(lambda: tmp_path)


def keep(cache, body=BODY, key=KEY, *, retrieved=None, url="http://127.0.0.1/tap", room=EVERYTHING):
    """Keep an answer."""
    with cache.write(key, room) as writer:
        writer.write(body)
        writer.commit(
            url=url,
            route="TAP",
            release="2.1",
            retrieved=time.time() if retrieved is None else retrieved,
        )


def found(cache, key=KEY, max_seconds=None):
    """Give the body of a cached answer; None where there is none, or it is damaged."""
    with cache.open(key, max_seconds) as reader:
        if reader is None:
            return None
        body = reader.read()
        return body if reader.intact() else None


def path_of(folder, key=KEY):
    """Give the file of an answer."""
    return folder / f"{key}.csc"


def names(folder):
    """List what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


# ---- whether ---------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", [True, False])
def test_none_means_astroquerys_setting(setting):
    """``cache=None`` follows ``cache_conf`` at the moment of the call; True and False win."""
    with cache_conf.set_temp("cache_active", setting):
        assert Cache.active(cache=None) is setting
        assert Cache.active(cache=True) is True
        assert Cache.active(cache=False) is False


# ---- hits ------------------------------------------------------------------------------------


def test_what_was_kept_is_found(cache):
    """The body comes back to the last byte, as often as it is asked for."""
    keep(cache)

    assert [found(cache), found(cache)] == [BODY, BODY]


def test_the_header_says_what_was_asked_and_when(cache):
    """A hit knows where and when it is from."""
    keep(cache, retrieved=1_700_000_000.5)

    with cache.open(KEY, None) as reader:
        entry = reader.entry

    assert entry == Entry(
        KEY,
        "http://127.0.0.1/tap",
        "TAP",
        "2.1",
        1_700_000_000.5,
        len(BODY),
        hashlib.sha256(BODY).hexdigest(),
    )


def test_a_body_may_be_read_in_pieces(cache):
    """Pieces of any size join to the body, and its checksum is checked all the same."""
    keep(cache)

    with cache.open(KEY, None) as reader:
        pieces = [reader.read(7), reader.read(100_000), reader.read(100)]
        is_intact = reader.intact()

    assert [len(piece) for piece in pieces] == [7, len(BODY) - 7, 0]
    assert b"".join(pieces) == BODY
    assert is_intact


def test_a_body_that_was_not_read_is_checked_whole(cache):
    """``intact`` reads what is left."""
    keep(cache)

    with cache.open(KEY, None) as reader:
        assert reader.intact()


@pytest.mark.parametrize("body", [b"", b"x", b"\0" * 100_000])
def test_bodies_of_any_size_are_kept(cache, body):
    """Nothing at all is an answer as well."""
    keep(cache, body)

    assert found(cache) == body


def test_a_body_is_kept_piece_by_piece(cache):
    """What arrives in pieces is one body."""
    with cache.write(KEY) as writer:
        writer.write(BODY[:10])
        writer.write(b"")
        writer.write(BODY[10:])
        writer.commit(url="", route="TAP", release="2.1", retrieved=0.0)

    assert found(cache) == BODY


def test_a_later_answer_takes_the_place_of_an_earlier_one(cache, tmp_path):
    """One key has one file."""
    keep(cache, b"old")
    keep(cache, b"new")

    assert found(cache) == b"new"
    assert names(tmp_path) == [path_of(tmp_path).name]


def test_a_reader_that_is_open_keeps_the_old_answer(cache):
    """An answer is replaced by a rename: who reads the old one reads it to its end."""
    keep(cache, BODY)

    with cache.open(KEY, None) as reader:
        start = reader.read(10)
        keep(cache, b"new")
        assert start + reader.read() == BODY
        assert reader.intact()


def test_the_file_is_the_body_after_a_readable_header(cache, tmp_path):
    """No pickle: JSON of fixed length, then the bytes as they were received."""
    keep(cache)

    text = path_of(tmp_path).read_bytes()

    assert json.loads(text[:HEADER])["route"] == "TAP"
    assert text.startswith(b"{")
    assert text[HEADER:] == BODY


def test_an_address_beyond_ascii_does_not_break_the_header(cache):
    """It is shown as far as it can be."""
    keep(cache, url="http://127.0.0.1/é")

    assert [entry.url for entry in cache.entries()] == ["http://127.0.0.1/?"]


def test_a_long_address_does_not_break_the_header(cache):
    """The address is shortened, the answer is found."""
    keep(cache, url="http://127.0.0.1/" + "x" * 5000)

    assert found(cache) == BODY
    assert len(cache.entries()[0].url) == 500


# ---- misses ----------------------------------------------------------------------------------


def test_what_was_not_kept_is_a_miss(cache):
    """An empty folder, and another key, have nothing."""
    assert found(cache) is None
    keep(cache)
    assert found(cache, cache_key({})) is None


def test_a_folder_that_is_not_there_is_a_miss(tmp_path):
    """Asking makes no folder and warns of nothing."""
    cache = Cache(lambda: tmp_path / "none")

    assert found(cache) is None
    assert cache.entries() == []
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("age", "max_seconds", "is_hit"),
    [
        (10, None, True),
        (10**9, None, True),
        (10, -1, True),
        (10**9, -1, True),
        (10, 100, True),
        (100, 10, False),
        (10**9, 604_800, False),
        (10, 0, False),
        (-3600, 10**9, False),
        (-3600, None, True),
    ],
)
def test_an_answer_serves_as_long_as_it_is_young_enough(cache, age, max_seconds, is_hit):
    """None and -1 mean any age; an answer from the future is none, unless any age will do."""
    keep(cache, retrieved=time.time() - age)

    assert (found(cache, max_seconds=max_seconds) == BODY) is is_hit


def test_a_fresh_answer_is_young_enough_for_a_second(cache):
    """A clock that is set back by a moment does not make a miss."""
    keep(cache, retrieved=time.time() + 0.5)

    assert found(cache, max_seconds=5) == BODY


@pytest.mark.parametrize(
    ("age", "max_seconds", "is_hit"),
    [
        (100.0, 100.0, True),
        (100.5, 100.0, False),
        (0.0, 0.0, True),
        (0.9, 0.5, False),
        (-1.0, 100.0, True),
        (-1.5, 100.0, False),
        (-1.5, None, True),
    ],
)
def test_how_old_an_answer_may_be(cache, monkeypatch, age, max_seconds, is_hit):
    """Just as old as is allowed, and a second from the future, as clocks differ; no more."""
    monkeypatch.setattr(cache_module, "time", SimpleNamespace(time=lambda: 1e9))
    keep(cache, retrieved=1e9 - age)

    assert (found(cache, max_seconds=max_seconds) is not None) is is_hit


def test_a_miss_by_age_keeps_the_file(cache):
    """Who takes older answers still finds it."""
    keep(cache, retrieved=time.time() - 100)

    assert found(cache, max_seconds=10) is None
    assert found(cache, max_seconds=1000) == BODY


HEADER_OF = {
    "key": KEY,
    "url": "",
    "route": "TAP",
    "release": "2.1",
    "retrieved": 0.0,
    "size": len(BODY),
    "sha256": hashlib.sha256(BODY).hexdigest(),
    "version": cache_module.VERSION,
}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\x80\x04\x95pickle",
        b"not json".ljust(HEADER) + BODY,
        b"[1, 2]".ljust(HEADER) + BODY,
        b"[" * HEADER + BODY,
        b"null".ljust(HEADER) + BODY,
        b"\xff" * HEADER + BODY,
        b"{}".ljust(HEADER) + BODY,
        json.dumps({**HEADER_OF, "more": 1}).encode().ljust(HEADER) + BODY,
        json.dumps({**HEADER_OF, "version": 0}).encode().ljust(HEADER) + BODY,
        json.dumps({**HEADER_OF, "size": "x"}).encode().ljust(HEADER) + BODY,
        json.dumps({**HEADER_OF, "size": 5}).encode().ljust(HEADER) + BODY,
        json.dumps({**HEADER_OF, "retrieved": "x"}).encode().ljust(HEADER) + BODY,
        json.dumps({**HEADER_OF, "retrieved": None}).encode().ljust(HEADER) + BODY,
        json.dumps({**HEADER_OF, "sha256": 5}).encode().ljust(HEADER) + BODY,
    ],
)
@pytest.mark.parametrize("max_seconds", [None, 10**10])
def test_a_file_that_cannot_be_read_is_a_miss(cache, tmp_path, text, max_seconds):
    """Other formats, other versions and nonsense are not answers, and no errors either."""
    path_of(tmp_path).write_bytes(text)

    assert found(cache, max_seconds=max_seconds) is None
    assert cache.entries() == []


def test_a_good_file_made_by_hand_is_found(cache, tmp_path):
    """The header of the test above is a good one where nothing is wrong with it."""
    path_of(tmp_path).write_bytes(json.dumps(HEADER_OF).encode().ljust(HEADER) + BODY)
    path_of(tmp_path).chmod(0o600)

    assert found(cache) == BODY


def test_a_folder_in_the_place_of_a_file_is_a_miss(cache, tmp_path):
    """What is not a file is not an answer."""
    path_of(tmp_path).mkdir()

    assert found(cache) is None
    assert cache.entries() == []


def test_a_link_is_not_followed(cache, tmp_path):
    """Who can write in the folder cannot make another file an answer."""
    keep(cache)
    elsewhere = path_of(tmp_path).rename(tmp_path / "elsewhere")
    path_of(tmp_path).symlink_to(elsewhere)

    assert found(cache) is None


def test_a_pipe_is_not_waited_for(cache, tmp_path):
    """What is not a plain file is a miss at once."""
    os.mkfifo(path_of(tmp_path))

    assert found(cache) is None


@on_posix
@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_what_others_could_have_written_is_a_miss(cache, tmp_path, mode):
    """An answer that a group or everybody may write is not believed."""
    keep(cache)
    path_of(tmp_path).chmod(mode)

    assert found(cache) is None
    assert cache.entries() == []


@on_posix
def test_what_belongs_to_another_user_is_a_miss(cache, tmp_path, monkeypatch):
    """A good answer that somebody else has put into a shared folder is not believed, or removed."""
    keep(cache)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    assert found(cache) is None
    assert cache.entries() == []
    cache.clear()
    assert names(tmp_path) == [path_of(tmp_path).name]


@on_posix
def test_each_user_has_answers_of_their_own(monkeypatch):
    """In a shared folder nobody replaces what another user keeps."""
    mine = cache_key({"a": 1})

    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    assert cache_key({"a": 1}) != mine


def test_an_answer_under_the_name_of_another_is_a_miss(cache, tmp_path):
    """Who may rename files in a folder cannot make one answer that of another question."""
    keep(cache)
    other = cache_key({})
    path_of(tmp_path).rename(path_of(tmp_path, other))

    assert found(cache, other) is None


@on_posix
def test_a_disk_that_knows_no_owners_keeps_nothing(cache, tmp_path, monkeypatch):
    """Where every file can be written by everybody, one warning says that nothing is kept."""
    monkeypatch.setattr(cache_module, "is_private", lambda _: False)

    with pytest.warns(InputWarning, match="other users could write the files in"):
        keep(cache)

    assert names(tmp_path) == []


@on_posix
def test_a_folder_that_others_could_fill_is_not_used(tmp_path):
    """Posteriors are kept in a folder of the user's own, or not at all."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "own")

    made = [private_folder(tmp_path / name) for name in ("own", "own", "open", "link", "no/where")]

    assert made == [True, True, False, False, False]
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("size", [0, 1, HEADER - 1, HEADER, HEADER + 1, HEADER + len(BODY) - 1])
def test_a_truncated_file_is_a_miss(cache, tmp_path, size):
    """A disk that was full leaves no shorter answer."""
    keep(cache)
    path = path_of(tmp_path)
    path.write_bytes(path.read_bytes()[:size])

    assert found(cache) is None


@given(place=st.integers(0, HEADER + len(BODY) - 1), value=st.integers(1, 255))
@examples(100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_altered_byte_of_a_body_goes_unnoticed(cache, tmp_path, place, value):
    """A file in which one byte differs is a miss, or its body is the one that was kept."""
    keep(cache)
    path = path_of(tmp_path)
    text = bytearray(path.read_bytes())
    text[place] ^= value
    path.write_bytes(text)

    assert found(cache) in {None, BODY}
    assert place < HEADER or found(cache) is None


# ---- whole or not at all ---------------------------------------------------------------------


def test_nothing_is_visible_before_the_answer_is_found_good(cache):
    """While a body arrives there is no answer, nor in the list."""
    with cache.write(KEY) as writer:
        writer.write(BODY)

        assert found(cache) is None
        assert cache.entries() == []


def test_what_is_on_its_way_shows_in_its_name(cache, tmp_path):
    """So that what a killed process has left can be swept out, and nothing else is."""
    with cache.write(KEY) as writer:
        writer.write(BODY)
        (name,) = names(tmp_path)

    assert name.startswith(KEY)
    assert name.endswith(".csc.part")


def test_an_answer_that_is_not_committed_leaves_nothing(cache, tmp_path):
    """Without a commit the folder is as it was."""
    with cache.write(KEY) as writer:
        writer.write(BODY)

    assert names(tmp_path) == []


@pytest.mark.parametrize("what", ["close", "unlink"])
def test_what_cannot_be_tidied_up_is_left_without_a_word(cache, tmp_path, monkeypatch, what):
    """An answer that was not kept is no trouble, whatever the disk says; it is swept out later."""
    with cache.write(KEY) as writer:
        writer.write(BODY)
        file, broken = writer._file.stream, Mock(side_effect=PermissionError("no"))
        targets = {
            "close": (writer._file, "stream", Mock(close=broken)),
            "unlink": (Path, "unlink", broken),
        }
        monkeypatch.setattr(*targets[what])
    file.close()

    assert broken.called


def test_an_error_while_it_arrives_leaves_nothing(cache, tmp_path):
    """A document that turns out damaged, or Ctrl-C, keeps nothing; the error passes on."""
    with pytest.raises(KeyboardInterrupt):
        break_off(cache)

    assert names(tmp_path) == []


def break_off(cache):
    """Begin to keep an answer, and be interrupted."""
    with cache.write(KEY) as writer:
        writer.write(BODY)
        raise KeyboardInterrupt


def test_an_answer_that_fails_leaves_the_one_before(cache):
    """What was good stays until something good replaces it."""
    keep(cache, b"good")

    with cache.write(KEY) as writer:
        writer.write(b"half")

    assert found(cache) == b"good"


def test_after_a_commit_nothing_more_is_kept(cache):
    """What is written too late changes neither the answer nor the folder."""
    with cache.write(KEY) as writer:
        writer.write(b"whole")
        writer.commit(url="", route="TAP", release="2.1", retrieved=0.0)
        writer.write(b" and more")
        writer.commit(url="other", route="TAP", release="2.1", retrieved=0.0)

    assert found(cache) == b"whole"
    assert [entry.url for entry in cache.entries()] == [""]


def test_no_key_keeps_nothing(cache, tmp_path):
    """A writer without a key takes everything and leaves nothing."""
    keep(cache, key=None)

    assert names(tmp_path) == []


def test_threads_that_write_the_same_answer_do_not_meet(cache, tmp_path):
    """Eight threads keep and read one key: each hit is a whole body, and one file is left."""
    bodies = [bytes([number]) * 50_000 for number in range(8)]

    def work(number):
        """Keep and read a few times."""
        results = []
        for _ in range(10):
            keep(cache, bodies[number])
            results.append(found(cache))
        return results

    with ThreadPoolExecutor(8) as pool:
        results = [body for each in pool.map(work, range(8)) for body in each]

    assert set(results) <= set(bodies)
    assert len(results) == 80
    assert names(tmp_path) == [path_of(tmp_path).name]


# ---- forgetting ------------------------------------------------------------------------------


def test_one_answer_can_be_forgotten(cache):
    """Only the one, and forgetting it twice is not an error."""
    other = cache_key({})
    keep(cache)
    keep(cache, key=other)

    cache.discard(KEY)
    cache.discard(KEY)

    assert [found(cache), found(cache, other)] == [None, BODY]


def test_clearing_removes_answers_and_leftovers_alone(cache, tmp_path):
    """Answers go, and what interrupted writes left; files of others stay."""
    keep(cache)
    (tmp_path / f"{KEY}abc.csc.part").write_bytes(b"x")
    (tmp_path / "mine.csc").write_text("mine")
    (tmp_path / "table.fits").write_text("mine")

    cache.clear()
    cache.clear()

    assert names(tmp_path) == ["mine.csc", "table.fits"]


def test_what_cannot_be_removed_is_said(cache, tmp_path):
    """The rest is removed all the same, with one warning."""
    keep(cache)
    path_of(tmp_path, "0" * 40).mkdir()

    with pytest.warns(InputWarning, match=f"1 cached answers cannot be removed: .*{'0' * 40}"):
        cache.clear()

    assert names(tmp_path) == [path_of(tmp_path, "0" * 40).name]


def test_what_somebody_else_removes_meanwhile_is_removed(cache, tmp_path, monkeypatch):
    """Two who clear the same folder at the same time do not warn of each other."""
    gone = path_of(tmp_path)
    monkeypatch.setattr(cache_module, "ours", lambda *_: [Found(gone, 1, 0.0)])

    cache.clear()

    assert names(tmp_path) == []


def test_old_leftovers_of_interrupted_writes_are_swept_out(tmp_path):
    """What has been on its way for more than a day goes; what may still arrive stays."""
    old, new = (tmp_path / f"{KEY}{which}.csc.part" for which in ("old", "new"))
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (0, 0))

    found(Cache(lambda: tmp_path))

    assert names(tmp_path) == [new.name]


@pytest.mark.parametrize(("name", "age"), [(f"{KEY}.csc", 1e9), (f"{KEY}young.csc.part", 86_400.0)])
def test_nothing_else_is_swept_out(tmp_path, monkeypatch, name, age):
    """Answers stay, however old, and so does what has been on its way for just a day."""
    monkeypatch.setattr(cache_folder, "time", SimpleNamespace(time=lambda: age))
    (tmp_path / name).write_bytes(b"x")
    os.utime(tmp_path / name, (0, 0))

    found(Cache(lambda: tmp_path), "0" * 40)

    assert names(tmp_path) == [name]


@pytest.mark.parametrize(("others", "rights"), [([], 0o700), (["mine.fits"], 0o755)])
def test_a_folder_of_answers_alone_is_the_users_alone(tmp_path, others, rights):
    """Nobody else looks into a cache; a folder that holds other files is left as it is."""
    tmp_path.chmod(0o755)
    for name in others:
        (tmp_path / name).write_text("mine")

    keep(Cache(lambda: tmp_path))

    assert tmp_path.stat().st_mode & 0o777 == rights


def test_an_answer_whose_header_does_not_fit_is_not_kept(cache, tmp_path):
    """A release of the user's own, with a name of a page, costs nothing but the cache."""
    with cache.write(KEY) as writer:
        writer.write(BODY)
        writer.commit(url="", route="TAP", release="x" * 2000, retrieved=0.0)

    assert names(tmp_path) == []


def test_entries_are_listed_in_order_of_time(cache, tmp_path):
    """Files that cannot be read are left out, and so is what is, or seems to be, on its way."""
    for number in (2, 0, 1):
        keep(cache, key=cache_key({"n": number}), retrieved=float(number), url=str(number))
    path_of(tmp_path, "0" * 40).write_bytes(b"x")
    whole = path_of(tmp_path, cache_key({"n": 0})).read_bytes()
    (tmp_path / f"{'0' * 40}abc.csc.part").write_bytes(whole)

    assert [entry.url for entry in cache.entries()] == ["0", "1", "2"]


# ---- how much is kept ------------------------------------------------------------------------


def many(cache, ages, limits):
    """Keep answers of 9 kB (10 kB with their header, nearly), then let one more arrive."""
    keys = [cache_key({"n": number}) for number in range(len(ages) + 1)]
    for key, age in zip(keys, ages, strict=False):
        keep(cache, BODY[:9_000], key)
        moment = time.time() - age
        os.utime(path_of(cache.folder(), key), (moment, moment))
    cache.room = cache_folder.Room()
    keep(cache, BODY[:9_000], keys[-1], room=limits)
    return [found(cache, key) is not None for key in keys]


DAY = 86_400.0


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        (Keep(), [True, True, True, True]),
        (Keep(max_seconds=-1), [True, True, True, True]),
        (Keep(max_seconds=7 * DAY), [False, True, True, True]),
        (Keep(max_seconds=3 * DAY), [False, False, True, True]),
        (Keep(max_seconds=0), [False, False, True, True]),
        (Keep(max_bytes=41_000), [True, True, True, True]),
        (Keep(max_bytes=35_000), [False, True, True, True]),
        (Keep(max_bytes=31_000), [False, False, True, True]),
        (Keep(max_bytes=12_000), [False, False, False, True]),
        (Keep(max_bytes=8_000), [True, True, True, False]),
    ],
)
def test_old_answers_make_room_for_new_ones(cache, limits, kept):
    """What has expired goes, if it is older than a day, then the oldest beyond the limit."""
    assert many(cache, [8 * DAY, 5 * DAY, 600.0], limits) == kept


def test_the_folder_is_not_looked_through_for_every_answer(cache, monkeypatch):
    """While there is room, an answer costs no look at all others."""
    looks = Mock(wraps=cache_folder._sweep)
    monkeypatch.setattr(cache_folder, "_sweep", looks)

    keep(cache, room=Keep(max_bytes=100_000_000))
    keep(cache, key=cache_key({}), room=Keep(max_bytes=100_000_000))

    # The first look closes the folder, the second one finds out how much room there is.
    assert looks.call_count == 2


def test_other_files_do_not_make_room(cache, tmp_path):
    """What is not an answer of ours stays, and does not count."""
    (tmp_path / "mine.fits").write_bytes(bytes(50_000))
    os.utime(tmp_path / "mine.fits", (0, 0))

    keep(cache, BODY[:9_000], room=Keep(max_seconds=DAY, max_bytes=20_000))

    assert found(cache) == BODY[:9_000]
    assert (tmp_path / "mine.fits").exists()


# ---- a folder that cannot be used ------------------------------------------------------------


def refuse():
    """Stand for a home that cannot be read."""
    raise PermissionError("no home")


@pytest.fixture(params=["no folder", "file", "missing", "a\0b"])
def unusable(request, tmp_path):
    """Give a cache that cannot keep anything: its place cannot be found, or is not a folder."""
    (tmp_path / "file").write_text("x")
    places = {"no folder": refuse, "a\0b": (tmp_path / "a\0b").mkdir}
    return Cache(places.get(request.param, lambda: tmp_path / request.param))


def test_a_folder_that_cannot_be_used_warns_once_and_goes_on(unusable):
    """One warning with the reason and the way on; queries work without a cache."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        keep(unusable)
        keep(unusable)
        assert found(unusable) is None
        assert unusable.entries() == []
        unusable.discard(KEY)
        unusable.clear()

    assert [warning.category for warning in caught] == [InputWarning]
    assert "The cache cannot be used" in str(caught[0].message)
    assert "Set cache_location to a folder that can be written." in str(caught[0].message)


def test_each_cache_warns_for_itself(tmp_path):
    """Another cache that cannot be used says so as well."""
    for _ in range(2):
        with pytest.warns(InputWarning, match="no home"):
            keep(Cache(refuse))


class FullDisk(io.BytesIO):
    """A file on a disk that is full."""

    def write(self, _):
        """Refuse."""
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("later", [[], [b"more"], [b"more", b"and more"]])
def test_a_disk_that_fills_up_keeps_nothing_and_warns(cache, tmp_path, later):
    """In the body or only at the header: the query goes on, and the half file is removed."""
    with pytest.warns(InputWarning, match="No space left"):
        fill_up(cache, later)

    assert found(cache) is None
    assert names(tmp_path) == []


def fill_up(cache, later):
    """Keep an answer on a disk that becomes full after some bytes."""
    with cache.write(KEY) as writer:
        writer.write(b"some")
        writer._file.stream.close()
        writer._file.stream = FullDisk()
        for piece in later:
            writer.write(piece)
        writer.commit(url="", route="TAP", release="2.1", retrieved=0.0)


def test_times_are_seconds_since_1970(cache):
    """The header's time is that of the clock, whatever the time zone."""
    now = datetime(2024, 10, 18, 12, tzinfo=UTC)

    keep(cache, retrieved=now.timestamp())

    assert datetime.fromtimestamp(cache.entries()[0].retrieved, UTC) == now
