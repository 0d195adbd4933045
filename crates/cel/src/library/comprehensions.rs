//! The macros with two variables: index and item of a list, key and value of a map.

use super::Library;
use crate::syntax::{Macro, Style, macros};

pub(crate) static LIBRARY: Library = Library {
    name: "two-variable comprehensions",
    kubernetes: &[(32, 0)],
    kubernetes_only: false,
    functions: &[],
    types: &[],
    macros: &[
        (0, Macro { name: "all", style: Style::Receiver, arguments: 3, expand: macros::all2 }),
        (0, Macro { name: "exists", style: Style::Receiver, arguments: 3, expand: macros::exists2 }),
        (0, Macro { name: "existsOne", style: Style::Receiver, arguments: 3, expand: macros::exists_one2 }),
        (
            0,
            Macro {
                name: "exists_one",
                style: Style::Receiver,
                arguments: 3,
                expand: macros::exists_one_plain2,
            },
        ),
        (
            0,
            Macro {
                name: "transformList",
                style: Style::Receiver,
                arguments: 3,
                expand: macros::transform_list,
            },
        ),
        (
            0,
            Macro {
                name: "transformList",
                style: Style::Receiver,
                arguments: 4,
                expand: macros::transform_list,
            },
        ),
        (
            0,
            Macro {
                name: "transformMap",
                style: Style::Receiver,
                arguments: 3,
                expand: macros::transform_map,
            },
        ),
        (
            0,
            Macro {
                name: "transformMap",
                style: Style::Receiver,
                arguments: 4,
                expand: macros::transform_map,
            },
        ),
        (0, TRANSFORM_MAP_ENTRY),
        (0, Macro { arguments: 4, ..TRANSFORM_MAP_ENTRY }),
    ],
};

const TRANSFORM_MAP_ENTRY: Macro = Macro {
    name: "transformMapEntry",
    style: Style::Receiver,
    arguments: 3,
    expand: macros::transform_map_entry,
};
