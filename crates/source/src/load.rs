//! One file into memory, without ever hanging on it.
//!
//! Whoever can write to a tree chooses what stands in it: a FIFO in the place of a file, a device that
//! never ends, a file that grows while it is read. What a walk found to be a regular file is opened
//! without blocking, and looked at again before its first byte is read.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use bulkhead_model::GapKind;

/// Why a file could not be read. Every variant is a gap; the message is a sentence that follows the name.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It could not be opened or read.
    #[error("cannot be read: {}", plain(.0))]
    Unreadable(io::Error),
    /// A symbolic link to something that is not there.
    #[error("is a link that leads to nothing")]
    Dangling,
    /// A symbolic link to what a stranger's tree may not show.
    #[error("is a link that leads out of the tree")]
    Outside,
    /// Links that lead to each other, or to a folder above themselves.
    #[error("is a loop of symbolic links")]
    Loop,
    /// Something that holds no bytes of its own.
    #[error("is {0}, not a file; to judge what it gives, pipe that into `bulkhead scan -`")]
    Special(&'static str),
    /// More bytes than are read of one file.
    #[error("has more than {limit} bytes, the most that are read of one file; split it")]
    TooLarge {
        /// The most that is read.
        limit: u64,
    },
    /// Not UTF-8.
    #[error("is not UTF-8 text: line {line} has a byte that does not fit")]
    NotText {
        /// Line of the first byte that does not fit, from 1.
        line: u32,
    },
}

impl LoadError {
    /// The gap that it makes.
    pub fn kind(&self) -> GapKind {
        match self {
            Self::Unreadable(_) | Self::Dangling | Self::Outside => GapKind::UNREADABLE_FILE,
            Self::Loop | Self::Special(_) => GapKind::NOT_A_FILE,
            Self::TooLarge { .. } => GapKind::LIMIT_REACHED,
            Self::NotText { .. } => GapKind::NOT_TEXT,
        }
    }

    /// The line to point at, where there is one.
    pub fn line(&self) -> Option<u32> {
        if let Self::NotText { line } = self { Some(*line) } else { None }
    }
}

impl From<io::Error> for LoadError {
    fn from(error: io::Error) -> Self {
        if is_loop(&error) { Self::Loop } else { Self::Unreadable(error) }
    }
}

#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}

/// Without the `(os error 13)` that says nothing to a reader.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Reads the bytes of a file that a walk found, at most `limit`: it was a regular one then, and whatever
/// took its place since is not waited for.
pub fn load(path: &Path, limit: u64) -> Result<Vec<u8>, LoadError> {
    let file = open(path)?;
    let length = regular(&file.metadata()?)?;
    if length > limit {
        return Err(LoadError::TooLarge { limit });
    }
    read(file, length, limit)
}

/// Reads standard input, or any other stream; at most `limit` bytes.
pub fn load_stream(stream: impl Read, limit: u64) -> Result<Vec<u8>, LoadError> {
    read(stream, 0, limit)
}

/// Reads a file that must be text as a whole, such as one of settings.
pub fn load_text(path: &Path, limit: u64) -> Result<String, LoadError> {
    // Opening a device can already do something.
    regular(&examine(path)?)?;
    text(load(path, limit)?)
}

fn text(bytes: Vec<u8>) -> Result<String, LoadError> {
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', before).count();
        LoadError::NotText { line: u32::try_from(lines + 1).unwrap_or(u32::MAX) }
    })
}

/// What a path is, if that is nothing to read from; links are followed.
pub(crate) fn examine(path: &Path) -> Result<Metadata, LoadError> {
    std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => LoadError::Dangling,
        _ => error.into(),
    })
}

fn regular(metadata: &Metadata) -> Result<u64, LoadError> {
    match special(metadata.file_type()) {
        Some(name) => Err(LoadError::Special(name)),
        None => Ok(metadata.len()),
    }
}

fn read(mut stream: impl Read, expected: u64, limit: u64) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    stream.by_ref().take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(LoadError::TooLarge { limit });
    }
    Ok(bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> Result<File, LoadError> {
    use std::os::unix::fs::OpenOptionsExt;
    Ok(OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?)
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, LoadError> {
    Ok(OpenOptions::new().read(true).open(path)?)
}

#[cfg(unix)]
pub(crate) fn special(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("a folder")
    } else if kind.is_fifo() {
        Some("a FIFO")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}

#[cfg(not(unix))]
pub(crate) fn special(kind: FileType) -> Option<&'static str> {
    (!kind.is_file()).then_some("a folder or device")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_none() {
        let problem = text(b"a: 1\nb: \xff\n".to_vec()).unwrap_err();
        assert_eq!(problem.to_string(), "is not UTF-8 text: line 2 has a byte that does not fit");
        assert_eq!(problem.line(), Some(2));
        assert_eq!(text(b"a: \xc3\xa9".to_vec()).unwrap(), "a: \u{e9}");
    }

    #[test]
    fn never_more_than_the_limit() {
        let endless = io::repeat(b'a');
        assert!(matches!(load_stream(endless, 10), Err(LoadError::TooLarge { limit: 10 })));
        assert_eq!(load_stream(&b"0123456789"[..], 10).unwrap().len(), 10);
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_folders_are_not_opened() {
        let problem = |path: &str| load_text(Path::new(path), 10).unwrap_err();
        assert!(matches!(load(Path::new("/dev/zero"), 10), Err(LoadError::Special(_))));
        assert!(matches!(problem("/dev/zero"), LoadError::Special("a device")));
        assert!(matches!(problem("/"), LoadError::Special("a folder")));
        assert_eq!(problem("/no/such").to_string(), "cannot be read: no such file or directory");
        assert_eq!(problem("/no/such").kind(), GapKind::UNREADABLE_FILE);
    }
}
