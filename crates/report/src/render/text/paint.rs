//! Colours, or none.

use anstyle::{AnsiColor, Color, Style};
use bulkhead_model::Severity;

/// Colours text when it may.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub(super) color: bool,
}

impl Paint {
    pub(super) fn severity(self, severity: Severity, text: &str) -> String {
        self.with(style(severity), text)
    }

    /// What could not be judged.
    pub(super) fn gap(self, text: &str) -> String {
        self.with(bold(AnsiColor::Magenta), text)
    }

    /// Arrows, bars and line numbers.
    pub(super) fn rail(self, text: &str) -> String {
        self.with(bold(AnsiColor::Blue), text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.with(bold(AnsiColor::Green), text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with(bold(AnsiColor::Red), text)
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

fn bold(color: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(Color::Ansi(color)))
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => bold(AnsiColor::BrightRed),
        Severity::High => bold(AnsiColor::Red),
        Severity::Medium => bold(AnsiColor::Yellow),
        Severity::Low => bold(AnsiColor::Cyan),
        Severity::Info => bold(AnsiColor::White),
    }
}
