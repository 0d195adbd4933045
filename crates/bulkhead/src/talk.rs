//! What is said on stderr: constant messages with fields, for people or as JSON lines.

use std::fmt;
use std::io::{self, IsTerminal};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::cli::{LogFormat, Talk};

/// Opens stderr for log lines; called once, at the start.
pub(crate) fn start(talk: &Talk) {
    let level = match (talk.quiet, talk.verbose) {
        (true, _) => Level::ERROR,
        (false, 0) => Level::WARN,
        (false, 1) => Level::INFO,
        (false, _) => Level::DEBUG,
    };
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr);
    match talk.log_format {
        LogFormat::Json => builder.json().flatten_event(true).with_target(false).init(),
        LogFormat::Text => {
            let color = talk.color.applies(io::stderr().is_terminal());
            builder.with_ansi(color).event_format(Plain).init();
        }
    }
}

/// `error: cannot read deploy.yaml`: the level as a word, what happened, its fields.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (word, color) = match *event.metadata().level() {
            Level::ERROR => ("error", "31"),
            Level::WARN => ("warning", "33"),
            Level::INFO => ("info", "32"),
            _ => ("debug", "34"),
        };
        if writer.has_ansi_escapes() {
            write!(writer, "\x1b[1;{color}m{word}\x1b[0m: ")?;
        } else {
            write!(writer, "{word}: ")?;
        }
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
