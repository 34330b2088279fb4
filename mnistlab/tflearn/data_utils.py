# ruff: noqa: F401 - the names that scripts find here
"""tflearn's helpers for data: labels, sequences, text, tables, and folders of pictures.

All of it is NumPy and Pillow. What tflearn did is done here, with its types
and its random generators (NumPy's global one, and Python's for the flips);
what it did silently with data that made no sense is an error here.
"""

from mnistlab.tflearn.pictures import (
    ImagePreloader,
    LabelPreloader,
    Preloader,
    UnreadablePictureError,
    build_hdf5_image_dataset,
    build_image_dataset_from_dir,
    convert_color,
    directory_to_samples,
    get_img_channel,
    image_dirs_to_samples,
    image_preloader,
    load_image,
    pil_to_nparray,
    resize_image,
)
from mnistlab.tflearn.samples import (
    featurewise_std_normalization,
    featurewise_zero_center,
    get_max,
    get_mean,
    get_std,
    random_flip_leftright,
    random_flip_updown,
    samplewise_std_normalization,
    samplewise_zero_center,
    shuffle,
    to_categorical,
)
from mnistlab.tflearn.sequences import (
    chars_to_dictionary,
    pad_sequences,
    random_sequence_from_string,
    random_sequence_from_textfile,
    string_to_semi_redundant_sequences,
    textfile_to_semi_redundant_sequences,
)
from mnistlab.tflearn.tables import (
    load_csv,
)

import numpy as np
from PIL import Image
