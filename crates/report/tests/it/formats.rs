//! What each format looks like.

use bulkhead_report::{Format, Options};

use crate::sample::{clean, shop};

#[test]
fn text() {
    for width in [60, 80, 120] {
        let sample = shop();
        let options = Options { width, ..sample.options() };
        let text = sample.render(Format::Text, options);
        insta::assert_snapshot!(format!("text-{width}"), text);
    }
}

#[test]
fn text_in_colour() {
    let sample = shop();
    let options = Options { color: true, width: 80, ..sample.options() };
    let text = sample.render(Format::Text, options);
    insta::assert_snapshot!("text-colour", text.replace('\x1b', "␛"));

    // Colour adds nothing but colour.
    let mut plain = String::new();
    for (index, part) in text.split("\x1b[").enumerate() {
        plain += if index == 0 { part } else { part.split_once('m').unwrap().1 };
    }
    let options = Options { width: 80, ..sample.options() };
    assert_eq!(plain, sample.render(Format::Text, options));
}

#[test]
fn text_with_everything() {
    let sample = shop();
    let options = Options { verbose: 1, ..sample.options() };
    insta::assert_snapshot!("text-verbose", sample.render(Format::Text, options));
}

#[test]
fn text_in_short() {
    let sample = shop();
    let options = Options { quiet: true, ..sample.options() };
    insta::assert_snapshot!("text-quiet", sample.render(Format::Text, options));
}

#[test]
fn text_without_findings() {
    let sample = clean();
    insta::assert_snapshot!("text-clean", sample.render(Format::Text, sample.options()));
    let mut sample = clean();
    sample.coverage.gaps = shop().coverage.gaps;
    insta::assert_snapshot!("text-gaps", sample.render(Format::Text, sample.options()));
}

#[test]
fn formats_for_programs() {
    for format in Format::ALL.iter().filter(|format| **format != Format::Text) {
        let sample = shop();
        insta::assert_snapshot!(format!("{format}"), sample.render(*format, sample.options()));
        let sample = clean();
        insta::assert_snapshot!(format!("{format}-clean"), sample.render(*format, sample.options()));
    }
}
