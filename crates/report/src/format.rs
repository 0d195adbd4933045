//! The formats there are.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use crate::Options;
use crate::render::{Renderer, csv, json, junit, markdown, sarif, text};

macro_rules! formats {
    ($($name:ident $word:literal $module:ident $help:literal)*) => {
        /// How a report is written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Format {
            $(#[doc = concat!("What `-o ", $word, "` writes.")] $name,)*
        }

        impl Format {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word used on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What it is for, in a line.
            pub fn help(self) -> &'static str {
                match self { $(Self::$name => $help),* }
            }
        }

        /// A renderer that writes to `out`, which it buffers itself.
        pub fn renderer<'w>(
            format: Format,
            out: Box<dyn Write + 'w>,
            options: Options<'w>,
        ) -> Box<dyn Renderer + 'w> {
            match format { $(Format::$name => Box::new($module::Renderer::new(out, options))),* }
        }
    };
}

formats! {
    Text "text" text "For people: source lines, what is wrong, how to mend it"
    Json "json" json "For programs: everything, with a published schema"
    Sarif "sarif" sarif "SARIF 2.1.0, for code scanning in a pull request"
    Junit "junit" junit "JUnit XML, for the test view of a CI system"
    Markdown "markdown" markdown "A comment for a pull request"
    Csv "csv" csv "A table for spreadsheets"
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl std::error::Error for UnknownFormat {}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
        write!(f, "{:?} is no format; expected one of {}", self.0, words.join(", "))
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|format| format.as_str().eq_ignore_ascii_case(word));
        known.copied().ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}

#[test]
fn words_lead_back() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse::<Format>().unwrap(), *format);
        assert!(!format.help().ends_with('.'));
    }
    let message = "yaml".parse::<Format>().unwrap_err().to_string();
    assert_eq!(message, r#""yaml" is no format; expected one of text, json, sarif, junit, markdown, csv"#);
}
