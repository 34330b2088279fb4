"""Pictures in files and folders: read one by one when they are asked for, or at once and kept.

`image_preloader` returns two objects that are indexed like arrays, and each
index opens files.
"""

import io
import os
import pickle
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlparse

from mnistlab.data.pictures import FORMATS
from mnistlab.errors import DataError, ImageError
from mnistlab.files import write_atomically
from mnistlab.tflearn.arguments import check_file, text_of, whole_number
from mnistlab.tflearn.samples import shuffle, to_categorical

import numpy as np
from PIL import Image, UnidentifiedImageError

LARGEST_DOWNLOAD = 100 * 2**20
"""Bytes of a picture at an address of the Web."""

_PICTURE_FORMATS = (*FORMATS, "PPM")

_SECONDS = 60


class UnreadablePictureError(ImageError, OSError):
    """A file is no picture, or a damaged one; also an `OSError`, as Pillow's own errors are."""


def load_image(in_image: str | os.PathLike | BinaryIO) -> Image.Image:
    """Opens a picture.

    Args:
        in_image: the path of a file, its address (http or https), or an open
            file.

    Returns:
        A Pillow image, of the mode that the file has, its pixels loaded.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadablePictureError: it is no picture, is damaged, or cannot be had.

    Source: tflearn 0.5.0, `tflearn.data_utils.load_image`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "gray.png")
        ...     Image.new("L", (20, 10)).save(path)
        ...     load_image(path).size
        (20, 10)
    """
    source = in_image
    if isinstance(in_image, str) and urlparse(in_image).scheme in ("http", "https"):
        source = io.BytesIO(_fetched(in_image))
    try:
        picture = Image.open(source, formats=_PICTURE_FORMATS)
        picture.load()
        return picture
    except FileNotFoundError as cause:
        raise FileNotFoundError(
            f"{in_image} does not exist; a picture was expected. Check the path."
        ) from cause
    except UnidentifiedImageError as cause:
        raise UnreadablePictureError(
            f"{in_image} is not a picture that can be read. Remove it, or convert it to PNG."
        ) from cause
    except Exception as cause:
        # Pillow's readers raise whatever the damaged bytes lead to.
        raise UnreadablePictureError(
            f"{in_image} cannot be read as a picture: {cause}. Replace it with a good copy."
        ) from cause


def _fetched(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
            content = answer.read(LARGEST_DOWNLOAD + 1)
    except (OSError, ValueError) as cause:
        raise UnreadablePictureError(
            f"{address} cannot be had: {cause}. Save the picture to a file, and give its path."
        ) from cause
    if len(content) > LARGEST_DOWNLOAD:
        raise UnreadablePictureError(
            f"{address} has more than {LARGEST_DOWNLOAD:,} bytes. Save a smaller picture to a file."
        )
    return content


def resize_image(
    in_image: Image.Image,
    new_width: int,
    new_height: int,
    out_image: str | os.PathLike | None = None,
    resize_mode: int = Image.Resampling.LANCZOS,
) -> Image.Image:
    """Scales a picture, without regard to its aspect.

    Args:
        in_image: a Pillow image.
        new_width: pixels.
        new_height: pixels.
        out_image: where to save the result as well, if anywhere.
        resize_mode: one of Pillow's resampling filters.

    Raises:
        DataError: a size is no whole number of pixels.

    Source: tflearn 0.5.0, `tflearn.data_utils.resize_image`; its filter, once
    called ANTIALIAS, is Pillow's LANCZOS.

    Example:
        >>> resize_image(Image.new("L", (20, 10)), 5, 7).size
        (5, 7)
    """
    size = whole_number(new_width, "new_width", 1), whole_number(new_height, "new_height", 1)
    resized = in_image.resize(size, resize_mode)
    if out_image is not None:
        write_atomically(out_image, resized.save, error=ImageError)
    return resized


def convert_color(in_image: Image.Image, mode: str) -> Image.Image:
    """Converts a picture to another of Pillow's modes, such as "L" (gray) or "RGB".

    Raises:
        DataError: there is no such mode, or no way to it.

    Example:
        >>> convert_color(Image.new("RGB", (2, 2)), "L").mode
        'L'
    """
    try:
        return in_image.convert(mode)
    except (ValueError, KeyError, TypeError) as cause:
        raise DataError(
            f"mode: a picture of mode {in_image.mode} does not become {mode!r} ({cause}). "
            'Give "L" or "RGB".'
        ) from cause


def pil_to_nparray(pil_image: Image.Image) -> np.ndarray:
    """Returns a picture's pixels: float32, (h, w) or (h, w, channels), 0 to 255 for 8 bits.

    Example:
        >>> pil_to_nparray(Image.new("RGB", (20, 10), "white")).shape
        (10, 20, 3)
    """
    return np.array(pil_image, dtype="float32")


def get_img_channel(image_path: str | os.PathLike) -> int:
    """Returns how many channels a picture file has; 1 when it is gray.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "color.png")
        ...     Image.new("RGBA", (20, 10)).save(path)
        ...     get_img_channel(path)
        4
    """
    pixels = pil_to_nparray(load_image(image_path))
    return pixels.shape[2] if pixels.ndim == 3 else 1


# Folders and lists of pictures


def directory_to_samples(
    directory: str | os.PathLike,
    flags: Sequence[str] | None = None,
    filter_channel: bool = False,
) -> tuple[list[str], list[int]]:
    """Lists the pictures of a folder that has a folder for each class.

    Args:
        directory: the folder.
        flags: parts of file names, such as ".jpg"; a file with none of them is
            left out. `None` for all files.
        filter_channel: whether pictures without exactly three channels are left out.

    Returns:
        The paths, and the class of each: the place of its folder in the
        alphabet, from 0. Files are in the order of their names.

    Raises:
        FileNotFoundError: there is no such folder.
        DataError: it is no folder.

    Source: tflearn 0.5.0, `tflearn.data_utils.directory_to_samples`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("cat/1.jpg", "cat/notes.txt", "dog/1.jpg"):
        ...         Path(folder, name).parent.mkdir(exist_ok=True)
        ...         Path(folder, name).touch()
        ...     paths, classes = directory_to_samples(folder, flags=[".jpg"])
        >>> [Path(path).name for path in paths], classes
        (['1.jpg', '1.jpg'], [0, 1])
    """
    if not Path(directory).exists():
        raise FileNotFoundError(
            f"{directory} does not exist; a folder with a folder for each class was expected. "
            "Check the path."
        )
    if not Path(directory).is_dir():
        raise DataError(f"{directory} is no folder. Give one that has a folder for each class.")
    wanted = _wanted(flags, filter_channel)
    folders = sorted(each for each in Path(directory).iterdir() if each.is_dir())
    pairs = [
        (os.path.join(directory, folder.name, path.name), label)  # noqa: PTH118 - as it was given
        for label, folder in enumerate(folders)
        for path in sorted(folder.iterdir())
        if path.is_file() and wanted(path)
    ]
    return [path for path, _ in pairs], [label for _, label in pairs]


def _wanted(flags: Sequence[str] | None, filter_channel: bool) -> Callable[[Path], bool]:
    flags = (flags,) if isinstance(flags, str) else tuple(flags or ())

    def is_wanted(path: Path) -> bool:
        named = not flags or any(flag in path.name for flag in flags)
        return named and (not filter_channel or get_img_channel(path) == 3)

    return is_wanted


def _file_to_samples(
    path: str | os.PathLike,
    flags: Sequence[str] | None,
    filter_channel: bool,
    base_path: str,
    float_labels: bool,
) -> tuple[list[str], list[int] | list[float]]:
    """Reads a list of pictures: a line each, the path, a space, the label."""
    wanted = _wanted(flags, filter_channel)
    images, labels = [], []
    for number, line in enumerate(text_of(path, "a list of pictures").split("\n"), 1):
        if not line.strip():
            continue
        try:
            name, label = _name_and_label(line, float if float_labels else int)
        except (IndexError, ValueError) as cause:
            kind = "number" if float_labels else "whole number"
            raise DataError(
                f"{path}, line {number}: expected a path, a space and a {kind}, found {line!r}. "
                "Correct the line" + ("." if float_labels else ", or give float_labels=True.")
            ) from cause
        image = base_path + name
        if wanted(Path(image)):
            images.append(image)
            labels.append(label)
    return images, labels


def _name_and_label(line: str, kind: type) -> tuple[str, float]:
    words = line.split()
    try:
        return words[0], kind(words[1])
    except ValueError:
        # The path has spaces in it.
        name, label = line.strip().rsplit(maxsplit=1)
        return name, kind(label)


def _listed(
    target_path: str | os.PathLike,
    mode: str,
    files_extension: Sequence[str] | None,
    filter_channel: bool,
    image_base_path: str,
    float_labels: bool,
) -> tuple[list[str], list[int] | list[float]]:
    if mode == "folder":
        images, labels = directory_to_samples(target_path, files_extension, filter_channel)
    elif mode == "file":
        images, labels = _file_to_samples(
            target_path, files_extension, filter_channel, image_base_path, float_labels
        )
    else:
        raise DataError(f"`mode` arg must be 'folder' or 'file', and is {mode!r}.")
    if not images:
        raise DataError(
            f"{target_path} names no pictures. Check the path, mode ({mode!r}), files_extension "
            "and filter_channel."
        )
    return images, labels


def _count_classes(labels: list, categorical_labels: bool) -> int | None:
    if not categorical_labels:
        return None
    if any(not isinstance(label, Integral) for label in labels):
        raise DataError(
            "float_labels=True: numbers are not classes. Give categorical_labels=False as well."
        )
    if min(labels) < 0:
        raise DataError(f"labels: expected whole numbers from 0, found {min(labels)}. Correct it.")
    return max(labels) + 1


# Pictures that are read when they are asked for


class Preloader:
    """Values that are made when they are asked for.

    Args:
        array: what they are made from: paths, labels.
        function: makes one of them.

    Example:
        >>> squares = Preloader([1, 2, 3], lambda number: number**2)
        >>> len(squares), squares[1], squares[np.array([2, 0])], squares[1:]
        (3, 4, [9, 1], [4, 9])
    """

    def __init__(self, array: Sequence, function: Callable):
        self.array = array
        self.function = function

    def __getitem__(self, id):
        if isinstance(id, np.ndarray) and id.dtype == bool:
            id = np.flatnonzero(id)
        if isinstance(id, list | np.ndarray) and np.ndim(id):
            return [self.function(self.array[i]) for i in id]
        if isinstance(id, slice):
            return [self.function(each) for each in self.array[id]]
        return self.function(self.array[id])

    def __len__(self) -> int:
        return len(self.array)


class ImagePreloader(Preloader):
    """Pictures that are read when they are asked for.

    Args:
        array: the paths.
        image_shape: (width, height) to which they are scaled.
        normalize: whether pixels are divided by 255.
        grayscale: whether they become gray, (h, w, 1).

    Raises:
        DataError: `image_shape` is no pair of whole numbers.
    """

    def __init__(
        self,
        array: Sequence[str],
        image_shape: tuple[int, int],
        normalize: bool = True,
        grayscale: bool = False,
    ):
        size = _picture_size(image_shape)
        super().__init__(array, lambda path: self.preload(path, size, normalize, grayscale))

    def __getitem__(self, id):
        images = super().__getitem__(id)
        if isinstance(images, list) and len({image.shape for image in images}) > 1:
            shapes = sorted({str(image.shape) for image in images})
            raise ImageError(
                f"The pictures differ in their channels: {' and '.join(shapes)}. Give "
                "grayscale=True, or filter_channel=True to leave out what is not RGB."
            )
        return images

    def preload(
        self,
        path: str,
        image_shape: tuple[int, int],
        normalize: bool = True,
        grayscale: bool = False,
    ) -> np.ndarray:
        """Reads one picture; float32, (h, w, channels), or (h, w) when its file is gray."""
        picture = _scaled(_opened(path), image_shape)
        pixels = pil_to_nparray(convert_color(picture, "L") if grayscale else picture)
        if grayscale:
            pixels = pixels[:, :, None]
        return pixels / np.float32(255) if normalize else pixels


class LabelPreloader(Preloader):
    """Labels that become one-hot rows when they are asked for.

    Args:
        array: the labels.
        n_class: how many classes there are; needed for one-hot rows.
        categorical_label: whether they become one-hot rows.

    Raises:
        DataError: one-hot rows are asked for without the number of classes.
    """

    def __init__(self, array: Sequence, n_class: int | None = None, categorical_label: bool = True):
        if categorical_label:
            whole_number(n_class, "n_class", 1)
        super().__init__(array, lambda label: self.preload(label, n_class, categorical_label))

    def preload(self, label: float, n_class: int | None, categorical_label: bool):
        """Returns one label, as a one-hot row (n_class,) float64 if that was asked for."""
        return to_categorical([label], n_class)[0] if categorical_label else label


def image_preloader(
    target_path: str | os.PathLike,
    image_shape: tuple[int, int],
    mode: str = "file",
    normalize: bool = True,
    grayscale: bool = False,
    categorical_labels: bool = True,
    files_extension: Sequence[str] | None = None,
    filter_channel: bool = False,
    image_base_path: str = "",
    float_labels: bool = False,
) -> tuple[ImagePreloader, LabelPreloader]:
    """Offers a set of picture files as arrays that are read when they are indexed.

    Args:
        target_path: with `mode="file"` a text file with a line for each picture
            (its path, a space, its label); with `mode="folder"` a folder that
            has a folder for each class.
        image_shape: (width, height) to which the pictures are scaled.
        mode: "file" or "folder".
        normalize: whether pixels are divided by 255.
        grayscale: whether pictures become gray, (h, w, 1).
        categorical_labels: whether labels become one-hot rows.
        files_extension: parts of file names, such as [".jpg"]; a file with none
            of them is left out.
        filter_channel: whether pictures without exactly three channels are left out.
        image_base_path: is put before each path of a text file.
        float_labels: whether the labels of a text file are floating point.

    Returns:
        Pictures and labels, as `DNN.fit` takes them.

    Raises:
        FileNotFoundError: `target_path` does not exist.
        DataError: an argument or a line of the file is not what it should be.

    Source: tflearn 0.5.0, `tflearn.data_utils.image_preloader`.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> Image.new("RGB", (20, 10), "white").save(Path(folder.name, "a.png"))
        >>> listed = Path(folder.name, "list.txt").write_text("a.png 1")
        >>> X, Y = image_preloader(
        ...     f"{folder.name}/list.txt", (8, 6), image_base_path=f"{folder.name}/"
        ... )
        >>> X[0].shape, float(X[0].max()), Y[0]
        ((6, 8, 3), 1.0, array([0., 1.]))
        >>> folder.cleanup()
    """
    images, labels = _listed(
        target_path, mode, files_extension, filter_channel, image_base_path, float_labels
    )
    classes = _count_classes(labels, categorical_labels)
    return (
        ImagePreloader(images, image_shape, normalize, grayscale),
        LabelPreloader(labels, classes, categorical_labels),
    )


def _picture_size(image_shape: tuple[int, int]) -> tuple[int, int]:
    try:
        width, height = image_shape
    except (TypeError, ValueError) as cause:
        raise DataError(
            f"Image shape error. It must be a tuple of int: ('width', 'height'), and is "
            f"{image_shape!r}."
        ) from cause
    return whole_number(width, "image_shape[0]", 1), whole_number(height, "image_shape[1]", 1)


def _opened(path: str) -> Image.Image:
    picture = load_image(path)
    # The pixels of a palette picture are numbers of colors, not colors.
    return convert_color(picture, "RGB") if picture.mode == "P" else picture


def _scaled(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == tuple(size) else resize_image(picture, *size)


# Pictures that are read once and kept


def image_dirs_to_samples(
    directory: str | os.PathLike,
    resize: tuple[int, int] | None = None,
    convert_gray: bool | None = None,
    filetypes: Sequence[str] | None = None,
) -> tuple[list[np.ndarray], list[int]]:
    """Reads all pictures of a folder that has a folder for each class.

    Args:
        directory: the folder.
        resize: (width, height) to which they are scaled; `None` to leave them.
        convert_gray: whether they become gray, (h, w).
        filetypes: parts of file names, such as [".jpg"]; a file with none of
            them is left out.

    Returns:
        The pixels of each, float32, divided by 255; and the class of each.

    Raises:
        FileNotFoundError: there is no such folder.
        UnreadablePictureError: a file in it is no picture.

    Source: tflearn 0.5.0, `tflearn.data_utils.image_dirs_to_samples`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Path(folder, "white").mkdir()
        ...     Image.new("RGB", (20, 10), "white").save(Path(folder, "white", "a.png"))
        ...     images, classes = image_dirs_to_samples(folder, resize=(4, 4), convert_gray=True)
        Starting to parse images...
        Parsing Done!
        >>> images[0].shape, classes
        ((4, 4), [0])
    """
    print("Starting to parse images...")
    size = None if resize is None else _picture_size(resize)
    paths, classes = _listed(directory, "folder", filetypes, False, "", False)
    images = [_parsed(path, size, bool(convert_gray)) for path in paths]
    print("Parsing Done!")
    return images, classes


def _parsed(path: str, size: tuple[int, int] | None, gray: bool) -> np.ndarray:
    picture = _opened(path)
    if size is not None:
        picture = resize_image(picture, *size)
    return pil_to_nparray(convert_color(picture, "L") if gray else picture) / np.float32(255)


def build_image_dataset_from_dir(
    directory: str | os.PathLike,
    dataset_file: str | os.PathLike = "my_tflearn_dataset.pkl",
    resize: tuple[int, int] | None = None,
    convert_gray: bool | None = None,
    filetypes: Sequence[str] | None = None,
    shuffle_data: bool = False,
    categorical_Y: bool = False,
) -> tuple[Sequence[np.ndarray], Sequence[int] | np.ndarray]:
    """Reads all pictures of a folder, and keeps them in a file for the next time.

    The file is a pickle, as tflearn's is, and tflearn's own are read. Only
    arrays, lists and numbers are taken from one: nothing in it can run code.

    Args:
        directory: the folder, with a folder for each class.
        dataset_file: where the result is kept. If it is there it is read, and
            the other arguments are without effect.
        resize: (width, height) to which pictures are scaled; `None` to leave them.
        convert_gray: whether they become gray.
        filetypes: parts of file names, such as [".jpg"].
        shuffle_data: whether pictures and labels are shuffled.
        categorical_Y: whether labels become one-hot rows.

    Returns:
        Pictures and labels: lists, or arrays when they are shuffled.

    Raises:
        FileNotFoundError: there is no such folder.
        DataError: `dataset_file` is there and no data set.

    Source: tflearn 0.5.0, `tflearn.data_utils.build_image_dataset_from_dir`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Path(folder, "all", "white").mkdir(parents=True)
        ...     Image.new("L", (20, 10), "white").save(Path(folder, "all", "white", "a.png"))
        ...     X, Y = build_image_dataset_from_dir(f"{folder}/all", f"{folder}/set.pkl")
        ...     X, Y = build_image_dataset_from_dir(f"{folder}/all", f"{folder}/set.pkl")
        Starting to parse images...
        Parsing Done!
        >>> X[0].shape, Y
        ((10, 20), [0])
    """
    if Path(dataset_file).exists():
        return _read_pickle(dataset_file)
    images, classes = image_dirs_to_samples(directory, resize, convert_gray, filetypes)
    if categorical_Y:
        classes = to_categorical(classes, max(classes) + 1)
    if shuffle_data:
        images, classes = shuffle(images, classes)
    content = pickle.dumps((images, classes))
    write_atomically(dataset_file, lambda path: path.write_bytes(content), error=DataError)
    return images, classes


class _ArraysOnly(pickle.Unpickler):
    """Reads pickles of arrays, lists and numbers, and calls nothing that is not named here."""

    _EMPTY = np.empty(0).__reduce__()[0].__name__
    _FROM_BUFFER = np.empty(1).__reduce_ex__(5)[0].__name__

    def find_class(self, module: str, name: str):
        if module.split(".")[0] == "numpy":
            allowed = {
                self._EMPTY: lambda *_: np.empty(0),
                self._FROM_BUFFER: np.empty(1).__reduce_ex__(5)[0],
                "dtype": np.dtype,
                # Only ever handed to the first of these, which ignores it.
                "ndarray": "ndarray",
            }
            if name in allowed:
                return allowed[name]
        if (module, name) == ("_codecs", "encode"):
            return lambda text, _: text.encode("latin1")
        raise DataError(f"it asks for {module}.{name}, which is no array")


def _read_pickle(path: str | os.PathLike) -> tuple:
    check_file(path, "a data set (pickle)")
    try:
        with Path(path).open("rb") as file:
            images, classes = _ArraysOnly(file, encoding="latin1").load()
        if len(images) != len(classes):
            raise DataError(f"{len(images)} pictures and {len(classes)} labels")
    except Exception as cause:
        # Damaged bytes raise whatever they lead to.
        raise DataError(
            f"dataset_file: {path} is not a data set of pictures and labels ({cause}). Remove it "
            "to have it made anew, or give another name."
        ) from cause
    return images, classes


def build_hdf5_image_dataset(
    target_path: str | os.PathLike,
    image_shape: tuple[int, int],
    output_path: str | os.PathLike = "dataset.h5",
    mode: str = "file",
    categorical_labels: bool = True,
    normalize: bool = True,
    grayscale: bool = False,
    files_extension: Sequence[str] | None = None,
    chunks: bool = False,
    image_base_path: str = "",
    float_labels: bool = False,
) -> None:
    """Writes pictures and labels into an HDF5 file, as data sets "X" and "Y".

    Args:
        target_path: with `mode="file"` a text file with a line for each picture
            (its path, a space, its label); with `mode="folder"` a folder that
            has a folder for each class.
        image_shape: (width, height) to which the pictures are scaled.
        output_path: the file to write; one that is there is replaced.
        mode: "file" or "folder".
        categorical_labels: whether labels become one-hot rows.
        normalize: whether pixels are divided by 255.
        grayscale: whether pictures become gray, (h, w); otherwise all get three
            channels.
        files_extension: parts of file names, such as [".jpg"].
        chunks: whether each picture is a chunk of its own in the file.
        image_base_path: is put before each path of a text file.
        float_labels: whether the labels of a text file are floating point.

    Raises:
        FileNotFoundError: `target_path` or a picture does not exist.
        DataError: an argument or a line of the file is not what it should be,
            or the file cannot be written.
        UnreadablePictureError: a file is no picture.

    Source: tflearn 0.5.0, `tflearn.data_utils.build_hdf5_image_dataset`.

    Example:
        >>> import h5py, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Path(folder, "all", "white").mkdir(parents=True)
        ...     Image.new("L", (20, 10), "white").save(Path(folder, "all", "white", "a.png"))
        ...     build_hdf5_image_dataset(f"{folder}/all", (8, 6), f"{folder}/set.h5", "folder")
        ...     with h5py.File(f"{folder}/set.h5") as file:
        ...         file["X"].shape, file["Y"].shape
        ((1, 6, 8, 3), (1, 1))
    """
    width, height = _picture_size(image_shape)
    images, labels = _listed(
        target_path, mode, files_extension, False, image_base_path, float_labels
    )
    classes = _count_classes(labels, categorical_labels)
    rows = to_categorical(labels, classes) if categorical_labels else np.asarray(labels)
    shape = (len(images), height, width) if grayscale else (len(images), height, width, 3)

    def pictures() -> Iterator[np.ndarray]:
        for path in images:
            try:
                yield _plain(path, (width, height), grayscale, normalize)
            except OSError as cause:
                # It is no fault of the file that is being written.
                raise _BadPicture from cause

    try:
        write_atomically(
            output_path,
            lambda path: _write_hdf5(path, shape, pictures(), rows, chunks),
            error=DataError,
        )
    except _BadPicture as bad:
        raise bad.__cause__ from None


class _BadPicture(Exception):  # noqa: N818 - it never leaves this module
    """A picture could not be read; the cause says why."""


def _plain(path: str, size: tuple[int, int], gray: bool, normalize: bool) -> np.ndarray:
    picture = convert_color(_scaled(_opened(path), size), "L" if gray else "RGB")
    return pil_to_nparray(picture) / np.float32(255 if normalize else 1)


def _write_hdf5(
    path: Path, shape: tuple, pictures: Iterator[np.ndarray], rows: np.ndarray, chunks: bool
) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        x = file.create_dataset("X", shape, "float32", chunks=(1, *shape[1:]) if chunks else None)
        y_chunks = (1, *rows.shape[1:]) if chunks and rows.ndim > 1 else None
        file.create_dataset("Y", data=rows.astype("float32"), chunks=y_chunks)
        for number, pixels in enumerate(pictures):
            x[number] = pixels
