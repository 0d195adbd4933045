//! The lines that blocks are made of.

use std::fmt::Write as _;

use bulkhead_model::Finding;

use super::paint::Paint;
use super::wrap::{NO_BREAK, width, wrap};
use crate::Options;
use crate::escape::visible;
use crate::words;

/// Columns by which a headline is wrapped below itself.
const HANG: usize = 4;
/// So that blocks with and without line numbers look alike.
const FEWEST_DIGITS: usize = 2;

/// What has been written and not been handed on.
pub(super) struct Page<'o> {
    pub(super) text: String,
    pub(super) options: &'o Options<'o>,
    pub(super) paint: Paint,
    /// Digits of the line numbers in the block that is being written.
    digits: usize,
}

impl<'o> Page<'o> {
    pub(super) fn new(options: &'o Options<'o>, paint: Paint) -> Self {
        Self { text: String::new(), options, paint, digits: FEWEST_DIGITS }
    }

    pub(super) fn is_verbose(&self) -> bool {
        self.options.verbose > 0
    }

    /// Begins a block whose line numbers go up to this one.
    pub(super) fn begin(&mut self, greatest_line: u32) {
        self.digits = greatest_line.to_string().len().max(FEWEST_DIGITS);
    }

    /// Columns beside the bar.
    pub(super) fn columns(&self) -> usize {
        self.options.width - self.digits - 3
    }

    /// `high[privileged]: Container runs privileged`. The name comes painted, and plain to be measured.
    pub(super) fn head(&mut self, painted: &str, plain: &str, text: &str) {
        let strong = |line: &str| self.paint.strong(line);
        let first = self.options.width.saturating_sub(width(plain) + 1);
        let lines: Vec<_> =
            wrap(text, first, self.options.width - HANG).iter().map(|line| strong(line)).collect();
        self.lines(&format!("{painted} "), HANG, &lines);
    }

    /// `  --> deploy/cart.yaml:12:5 in Deployment shop/cart`. One of the two may be empty.
    pub(super) fn arrow(&mut self, place: &str, subject: &str) {
        let prefix = format!("{:1$}{2} ", "", self.digits, self.paint.rail("-->"));
        let hang = self.digits + 4;
        let columns = self.options.width - hang;
        self.lines(&prefix, hang, &wrap(&place_and_subject(place, subject), columns, columns));
    }

    /// A bar, and what stands beside it.
    pub(super) fn bar(&mut self, line: Option<u32>, text: &str) {
        let number = line.map(|line| line.to_string()).unwrap_or_default();
        let bar = self.paint.rail(&format!("{number:>0$} |", self.digits));
        _ = writeln!(self.text, "{}", format!("{bar} {text}").trim_end());
    }

    /// Lines between two bars that are not shown.
    pub(super) fn ellipsis(&mut self) {
        self.text += &self.paint.rail("...");
        self.text.push('\n');
    }

    /// `   = fix: …`, wrapped below where its text begins.
    pub(super) fn item(&mut self, name: &str, text: &str) {
        let hang = self.digits + 3 + width(name) + 1;
        let columns = self.options.width - hang;
        self.lines(&self.item_name(name), hang, &wrap(text, columns, columns));
    }

    /// `   = also: deploy/cart.yaml:12:5 in Deployment shop/cart`, or without the name a further place
    /// below one. What it is wrapped to is indented, to be told from the next place.
    pub(super) fn place(&mut self, name: Option<&str>, text: &str) {
        const DEEPER: usize = 2;
        let hang = self.digits + 3 + "also: ".len();
        let prefix = name.map_or_else(|| " ".repeat(hang), |name| self.item_name(name));
        let columns = self.options.width - hang;
        self.lines(&prefix, hang + DEEPER, &wrap(text, columns, columns - DEEPER));
    }

    /// A paragraph.
    pub(super) fn indented(&mut self, indent: usize, text: &str) {
        let columns = self.options.width.saturating_sub(indent);
        self.lines(&" ".repeat(indent), indent, &wrap(text, columns, columns));
    }

    fn item_name(&self, name: &str) -> String {
        format!("{:1$}{2} {3} ", "", self.digits + 1, self.paint.rail("="), self.paint.strong(name))
    }

    /// The first behind the prefix, the others below each other.
    fn lines(&mut self, prefix: &str, hang: usize, lines: &[String]) {
        for (index, line) in lines.iter().enumerate() {
            let line = if index == 0 { format!("{prefix}{line}") } else { format!("{:hang$}{line}", "") };
            self.text += line.trim_end();
            self.text.push('\n');
        }
    }

    /// A finding in a line, for those who want nothing else.
    pub(super) fn line(&mut self, finding: &Finding, end: &str) {
        let name = format!("{}[{}]", finding.severity, visible(&finding.check));
        let name = self.paint.severity(finding.severity, &name);
        let subject = visible(&words::subject(finding)).into_owned();
        let (message, end) = (visible(&finding.message), visible(end));
        _ = match &*place_of(finding) {
            "" => writeln!(self.text, "{subject}: {name} {message}{end}"),
            place => writeln!(self.text, "{place}: {name} {subject}: {message}{end}"),
        };
    }
}

/// `deploy/cart.yaml:12:5`, or nothing.
pub(super) fn place_of(finding: &Finding) -> String {
    let place = finding.at.as_ref().map(|at| named(&format!("{}:{}:{}", at.file, at.line, at.column)));
    visible(&place.unwrap_or_default()).into_owned()
}

/// `deploy/cart.yaml:12:5 in Deployment shop/cart`, to be broken before `in` and `of` alone.
pub(super) fn place_and_subject(place: &str, subject: &str) -> String {
    let subject = subject.replace(' ', NO_BREAK).replace("\u{a0}of\u{a0}", " of\u{a0}");
    match (&*place.replace(' ', NO_BREAK), &*subject) {
        ("", subject) => subject.to_owned(),
        (place, "") => place.to_owned(),
        (place, subject) => format!("{place} in{NO_BREAK}{subject}"),
    }
}

/// Standard input by its name.
pub(super) fn named(place: &str) -> String {
    match place.strip_prefix('-') {
        Some(rest) if rest.is_empty() || rest.starts_with(':') => format!("<stdin>{rest}"),
        _ => place.to_owned(),
    }
}
