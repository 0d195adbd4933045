//! `cel.bind` and `cel.block`: values with a name, computed when they are first read.

use super::Library;
use crate::syntax::{Macro, Style, macros};

const CEL: Style = Style::Namespace("cel");

pub(crate) static LIBRARY: Library = Library {
    name: "bindings",
    kubernetes: &[],
    kubernetes_only: false,
    functions: &[],
    types: &[],
    macros: &[
        (0, Macro { name: "bind", style: CEL, arguments: 3, expand: macros::bind }),
        (0, Macro { name: "block", style: CEL, arguments: 2, expand: macros::block }),
        (0, Macro { name: "index", style: CEL, arguments: 1, expand: macros::index }),
        (0, Macro { name: "iterVar", style: CEL, arguments: 2, expand: macros::iteration_variable }),
        (0, Macro { name: "accuVar", style: CEL, arguments: 2, expand: macros::accumulator_variable }),
    ],
};
