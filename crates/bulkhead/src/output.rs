//! Where reports go: stdout and files.
//!
//! A file appears under its name when the report is whole; until then it is `NAME.partial`, so that a run
//! that was stopped leaves no report behind that looks complete. A reader that goes away (`| head`) ends
//! nothing: the rest is thrown away, and the verdict is still found.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use bulkhead_model::Finding;
use bulkhead_report::{End, Format, Options, Renderer, renderer};

/// Writes data to stdout.
pub(crate) fn print(bytes: &[u8]) -> Result<()> {
    let mut out = Stdout::default();
    out.write_all(bytes).and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Whether stdout is a terminal, and how many columns it has.
pub(crate) fn terminal() -> (bool, Option<usize>) {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    (io::stdout().is_terminal(), columns.or(measured))
}

/// `FORMAT` or `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// Standard output where there is none.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("expected the name of a file after =".to_owned()),
            Some((format, "-")) => (format, None),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = format.parse::<Format>().map_err(|error| error.to_string())?;
        Ok(Self { format, file })
    }
}

/// The reports of a run, written side by side.
pub(crate) struct Reports<'a> {
    reports: Vec<Report<'a>>,
}

struct Report<'a> {
    renderer: Box<dyn Renderer + 'a>,
    name: String,
    /// The file that is being written, and the name it gets at last.
    rename: Option<(PathBuf, PathBuf)>,
}

impl<'a> Reports<'a> {
    /// Opens every output; `options` says how each is rendered.
    pub(crate) fn open(outputs: &[Output], options: impl Fn(&Output) -> Options<'a>) -> Result<Self> {
        for (number, output) in outputs.iter().enumerate() {
            let plain = |output: &Output| output.file.as_deref().map(plain);
            if outputs.iter().take(number).any(|other| plain(other) == plain(output)) {
                let place = output
                    .file
                    .as_ref()
                    .map_or("standard output".to_owned(), |file| file.display().to_string());
                bail!("two reports cannot both go to {place}");
            }
        }
        let open = |output: &Output| {
            let (writer, rename, name): (Box<dyn Write>, _, _) = match &output.file {
                None => (Box::new(Stdout::default()), None, "standard output".to_owned()),
                Some(file) => {
                    let (writer, rename) = create(file)?;
                    (Box::new(writer), rename, file.display().to_string())
                }
            };
            Ok(Report { renderer: renderer(output.format, writer, options(output)), name, rename })
        };
        Ok(Self { reports: outputs.iter().map(open).collect::<Result<_>>()? })
    }

    /// Hands a finding to every report.
    pub(crate) fn finding(&mut self, finding: &Finding) -> Result<()> {
        for report in &mut self.reports {
            let written = report.renderer.finding(finding);
            written.with_context(|| format!("cannot write to {}", report.name))?;
        }
        Ok(())
    }

    /// What formats have no room for.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = bulkhead_model::Gap> + '_ {
        self.reports.iter().filter_map(|report| report.renderer.left_out())
    }

    /// Ends every report; files get their names.
    pub(crate) fn finish(self, end: &End<'_>) -> Result<()> {
        for Report { renderer, name, rename } in self.reports {
            renderer.finish(end).with_context(|| format!("cannot write to {name}"))?;
            if let Some((from, to)) = rename {
                std::fs::rename(&from, &to).with_context(|| format!("cannot name {name}"))?;
            }
        }
        Ok(())
    }
}

/// Without `.` in it.
fn plain(file: &Path) -> PathBuf {
    file.components().filter(|part| *part != Component::CurDir).collect()
}

/// Opens a file to write. What is no regular file (a device, the end of a pipe) is written as it is.
fn create(file: &Path) -> Result<(File, Option<(PathBuf, PathBuf)>)> {
    let cannot = || format!("cannot write to {}", file.display());
    let is_plain = std::fs::metadata(file).map_or(true, |metadata| metadata.is_file());
    if !is_plain {
        return Ok((File::options().write(true).open(file).with_context(cannot)?, None));
    }
    // What a link leads to is replaced, not the link.
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let mut partial = file.clone().into_os_string();
    partial.push(".partial");
    let opened = File::create(&partial).with_context(cannot)?;
    Ok((opened, Some((partial.into(), file))))
}

/// Stdout, whose reader may go away.
#[derive(Default)]
struct Stdout {
    gone: bool,
}

impl Stdout {
    fn quietly<T>(&mut self, done: T, write: impl FnOnce(&mut io::Stdout) -> io::Result<T>) -> io::Result<T> {
        if self.gone {
            return Ok(done);
        }
        match write(&mut io::stdout()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(done)
            }
            other => other,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.quietly(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.quietly((), Write::flush)
    }
}

#[test]
fn outputs_as_people_write_them() {
    let read = |text: &str| text.parse::<Output>();
    assert_eq!(read("json"), Ok(Output { format: Format::Json, file: None }));
    assert_eq!(read("json=-"), read("json"));
    assert_eq!(read("sarif=a=b.sarif").unwrap().file.unwrap(), Path::new("a=b.sarif"));
    assert!(read("yaml").unwrap_err().contains("expected one of text, json"));
    assert!(read("json=").is_err());
}
