//! Random YAML: documents that are mostly right, in every style that the language has, and damaged ones.

mod mutate;
mod scalars;
mod writer;

pub use mutate::mutate;
pub use scalars::PLAIN;
pub use writer::document;

use crate::Random;

/// A document, about a quarter of them damaged.
pub fn any(random: &mut Random) -> String {
    let text = if random.percent(12) { scalar_list(random) } else { document(random) };
    if random.percent(25) { mutate(random, &text) } else { text }
}

/// A flat list or mapping of scalars only: what they are read as is the better part of YAML's trouble.
fn scalar_list(random: &mut Random) -> String {
    let mut text = String::new();
    for number in 0..random.between(1, 6) {
        let value = scalars::plain(random);
        match random.below(4) {
            0 => text.push_str(&format!("- {value}\n")),
            1 => text.push_str(&format!("- {{{value}: {value}}}\n")),
            2 => text.push_str(&format!("- k{number}: {value}\n")),
            _ => text.push_str(&format!("- [{value}, {}]\n", scalars::plain(random))),
        }
    }
    text
}
