//! Byte offsets as lines and columns.

/// A place for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Where the lines of a text begin. A line ends with `\n`, `\r\n` or a lone `\r`.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// How many characters begin before each [`STEP`] of bytes, where a line is longer than that: a
    /// dump on a single line would be counted from its beginning for every place asked for.
    marks: Vec<u32>,
}

const STEP: usize = 4 << 10;

impl LineIndex {
    /// Reads the whole text once. Offsets past 4 GiB are left out.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|at| bytes.get(*at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'));
        let starts: Vec<u32> =
            std::iter::once(0).chain(ends.map_while(|at| u32::try_from(at + 1).ok())).collect();
        let ends = starts.iter().skip(1).copied().chain([u32::try_from(bytes.len()).unwrap_or(u32::MAX)]);
        let is_long =
            starts.iter().zip(ends).any(|(start, end)| end.saturating_sub(*start) as usize > 2 * STEP);
        let mut marks = Vec::new();
        if is_long {
            let mut before = 0;
            marks.extend(bytes.chunks(STEP).map(|chunk| {
                let mark = before;
                before += characters(chunk);
                u32::try_from(mark).unwrap_or(u32::MAX)
            }));
        }
        Self { starts, marks }
    }

    /// How many lines there are; a text that ends with a line break has an empty last line.
    pub fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// Line and column of a byte offset in the text that the index was made of.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let before = self.starts.partition_point(|start| *start <= offset);
        let start = before.checked_sub(1).and_then(|line| self.starts.get(line)).copied().unwrap_or(0);
        let count = self.count_characters(text.as_bytes(), start as usize, offset as usize);
        Position {
            line: u32::try_from(before).unwrap_or(u32::MAX).max(1),
            column: u32::try_from(count + 1).unwrap_or(u32::MAX),
        }
    }

    /// How many characters begin between two offsets; none where they are past the end.
    fn count_characters(&self, text: &[u8], start: usize, end: usize) -> usize {
        let count = |start: usize, end: usize| characters(text.get(start..end).unwrap_or_default());
        let (first, last) = (start.div_ceil(STEP), end / STEP);
        match (self.marks.get(first), self.marks.get(last)) {
            (Some(from), Some(to)) if first < last && end <= text.len() => {
                count(start, first * STEP) + (to - from) as usize + count(last * STEP, end)
            }
            _ => count(start, end),
        }
    }

    /// The byte that a line, from 1, begins with.
    pub fn start(&self, line: u32) -> Option<u32> {
        self.starts.get(usize::try_from(line.checked_sub(1)?).ok()?).copied()
    }

    /// The text of a line, from 1, without its line break.
    pub fn line<'a>(&self, text: &'a str, line: u32) -> Option<&'a str> {
        let index = usize::try_from(line.checked_sub(1)?).ok()?;
        let start = *self.starts.get(index)? as usize;
        let end = self.starts.get(index + 1).map_or(text.len(), |next| *next as usize);
        Some(text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }
}

/// Continuation bytes do not begin a character.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !matches!(**byte, 0x80..=0xBF)).count()
}

#[test]
fn long_lines_are_counted_alike() {
    let text = format!("a\n{}\n{}", "b\u{f6}\u{65e5}".repeat(9000), "c".repeat(3 * STEP));
    let index = LineIndex::new(&text);
    assert!(!index.marks.is_empty());
    let mut column = 0;
    for (offset, character) in text.char_indices() {
        column = if text[..offset].ends_with('\n') || offset == 0 { 1 } else { column + 1 };
        if offset % 97 == 0 || offset % STEP < 4 || character == '\n' {
            assert_eq!(index.position(&text, u32::try_from(offset).unwrap()).column, column, "{offset}");
        }
    }
    let end = u32::try_from(text.len()).unwrap();
    assert_eq!(index.position(&text, end), Position { line: 3, column: 3 * 4096 + 1 });
    assert_eq!(index.position(&text, end + 1).column, 1);
}

#[test]
fn lines_and_columns() {
    let text = "a\nböse: 日本\r\n\rc";
    let index = LineIndex::new(text);
    assert_eq!(index.count(), 4);
    let lines: Vec<_> = (0..=5).map(|line| index.line(text, line)).collect();
    assert_eq!(lines, [None, Some("a"), Some("böse: 日本"), Some(""), Some("c"), None]);
    let place = |needle: &str| {
        let at = text.find(needle).unwrap();
        let Position { line, column } = index.position(text, u32::try_from(at).unwrap());
        (line, column)
    };
    assert_eq!(
        (place("a"), place("b"), place("se"), place("本"), place("c")),
        ((1, 1), (2, 1), (2, 3), (2, 8), (4, 1))
    );
    assert_eq!(
        (index.start(0), index.start(2), index.start(6)),
        (None, text.find('b').and_then(|at| u32::try_from(at).ok()), None)
    );
    // Offsets past the end stay on the last line.
    assert_eq!(index.position(text, 1000).line, 4);
}
