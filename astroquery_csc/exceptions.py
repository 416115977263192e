# Licensed under a 3-clause BSD style license - see LICENSE
"""
The errors of this package: one tree, each leaf also an astroquery class.

::

    CscError
     ├── InvalidQueryError     bad input, or ADQL that was refused
     ├── InputTypeError        an argument of the wrong type (also TypeError)
     ├── RemoteServiceError    the service is down, or answers with an error page
     ├── ServiceTimeoutError   no answer, or no end of one, within the time limit
     ├── TableParseError       an answer that is not a complete, well-formed table
     ├── ResolverError         a name that no resolver could turn into a position
     ├── MirrorError           a mirror cannot be written, or is not whole (also OSError)
     └── MissingPackageError   an optional package is not installed (also ImportError)

``except CscError`` catches what this package raises;
``except astroquery.exceptions.RemoteServiceError`` catches what it catches for every astroquery
module. Where they are known, an error carries ``url``, ``adql`` and ``release``.
"""

import inspect
import re
import unicodedata
import warnings
from typing import Any

from astroquery import exceptions as astroquery_exceptions

__all__ = [
    "CscError",
    "InputTypeError",
    "InvalidQueryError",
    "MirrorError",
    "MissingPackageError",
    "RemoteServiceError",
    "ResolverError",
    "ServiceTimeoutError",
    "TableParseError",
]

#: A name and password, or a name alone, which may be a token.
_PASSWORD = re.compile(r"(?<=://)(?:([^\s/?#@:]*:)|[^\s/?#@])[^\s/?#]*@")
_PACKAGE = __name__.partition(".")[0]
#: Characters that a terminal obeys, that turn or hide text, or that Unicode does not assign.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def clean(text: str) -> str:
    """Replace control characters and bidi marks, but not line ends, and passwords in addresses."""
    if not text.isprintable():
        text = "".join(
            "\ufffd" if unicodedata.category(letter) in _UNSEEN and letter not in "\n\t" else letter
            for letter in text
        )
    return _PASSWORD.sub(_hidden, text) if "://" in text else text


def _hidden(found: re.Match[str]) -> str:
    """Write what stands before a host without its password."""
    return f"{found[1] or ''}***@"


class CscError(Exception):
    """
    Base of every error that this package raises.

    Parameters
    ----------
    message : str
        What failed, the value, what was expected, and what to do.
    url : str, optional
        The address that was asked.
    adql : str, optional
        The query that was sent, or would have been.
    release : str, optional
        The release of the catalogue, such as ``"2.1"``.
    """

    #: HTTP status of the answer, where it was an error.
    status: int | None = None

    def __init__(
        self,
        message: str = "",
        *,
        url: str | None = None,
        adql: str | None = None,
        release: str | None = None,
    ) -> None:
        super().__init__(clean(str(message)))
        self.url: str | None = url
        self.adql: str | None = adql
        self.release: str | None = release

    def __setattr__(self, name: str, value: Any) -> None:
        """Clean every text, also what is added where more is known."""
        super().__setattr__(name, clean(value) if isinstance(value, str) else value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the context, so that errors cross process borders whole."""
        return type(self), self.args, self.__dict__.copy()


class InvalidQueryError(CscError, astroquery_exceptions.InvalidQueryError):
    """Bad input, refused before anything was sent, or ADQL that the service refused."""


class InputTypeError(CscError, TypeError):
    """An argument is of a type that the verb does not take."""


class RemoteServiceError(CscError, astroquery_exceptions.RemoteServiceError):
    """
    The service could not be reached, or answered with an error that is its own.

    Parameters
    ----------
    message : str
        As for `CscError`.
    retry_after : float, optional
        Seconds after which the same request may do better; None where it will not.
    **context
        ``url``, ``adql``, ``release``.
    """

    def __init__(
        self, message: str = "", *, retry_after: float | None = None, **context: str | None
    ) -> None:
        super().__init__(message, **context)
        self.retry_after: float | None = retry_after


class ServiceTimeoutError(CscError, astroquery_exceptions.TimeoutError):
    """The service did not answer, or did not finish, within the time limit."""


class TableParseError(CscError, astroquery_exceptions.TableParseError):
    """An answer is not a whole, well-formed table."""


class ResolverError(CscError, astroquery_exceptions.ResolverError):
    """A name could not be turned into a position."""


class MirrorError(CscError, OSError):
    """A mirror cannot be made, written or read, or is not what its manifest says."""


class MissingPackageError(CscError, ImportError):
    """An optional package is missing or broken; the message contains the pip line."""

    @staticmethod
    def words(what: str, package: str, *, extra: str, broken: str = "") -> str:
        """
        Write the message for a package.

        Parameters
        ----------
        what : str
            What needs it.
        package : str
            Its name.
        extra : str
            The extra of this package that installs it.
        broken : str, optional
            Why it cannot be imported although it is installed.

        Returns
        -------
        str
            What is missing or broken, and the line that installs it.

        Examples
        --------
        >>> from astroquery_csc.exceptions import MissingPackageError
        >>> print(MissingPackageError.words("to_lsdb", "lsdb", extra="lsdb"))
        to_lsdb needs the package 'lsdb'. Run: python -m pip install "astroquery_csc[lsdb]"
        """
        line = f'python -m pip install "astroquery_csc[{extra}]"'
        if not broken:
            return f"{what} needs the package {package!r}. Run: {line}"
        return (
            f"{what} needs the package {package!r}, which is installed but cannot be imported "
            f"({broken}). It may have been built for other versions. Run: {line}"
        )


def warn(message: str, category: type[Warning]) -> None:
    """
    Warn about one answer, at the user's line.

    Python shows a warning once per line. If that line were one of this package, the second short or
    empty table would come without a warning.
    """
    frame = inspect.currentframe()
    while frame is not None and frame.f_back is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] != _PACKAGE:
            break
        frame = frame.f_back
    name, line, module = "<unknown>", 0, None
    if frame is not None:
        name, line = frame.f_code.co_filename, frame.f_lineno
        module = str(frame.f_globals.get("__name__"))
    warnings.warn_explicit(clean(message), category, name, line, module)
