//! Text for people, as good compilers write it: the worst first, each with its source line, and how
//! to mend it.
//!
//! Findings of one check are told together. The first few different ones show their source, the
//! others are a line each, so that twenty equal findings are one thing to understand. What was looked
//! at, what could not be judged, a table by workload and the verdict come last, where a terminal ends
//! up.

mod excerpt;
mod findings;
mod groups;
mod page;
mod paint;
mod places;
mod remarks;
mod summary;
mod wrap;

use std::io::{self, Write};

use bulkhead_model::Finding;

use self::groups::Groups;
use self::page::Page;
use self::paint::Paint;
use self::summary::Workloads;
use super::{BUFFER, End};
use crate::Options;
use crate::tally::Tally;

/// Columns below which lines no longer get shorter.
const NARROWEST: usize = 40;

pub(crate) struct Renderer<'w> {
    out: Box<dyn Write + 'w>,
    options: Options<'w>,
    tally: Tally,
    open: Groups,
    excepted: Groups,
    /// Findings that were there before.
    known: Groups,
    workloads: Workloads,
}

impl<'w> Renderer<'w> {
    pub(crate) fn new(out: Box<dyn Write + 'w>, options: Options<'w>) -> Self {
        let width = options.width.max(NARROWEST);
        Self {
            out,
            options: Options { width, ..options },
            tally: Tally::default(),
            // These leave nothing out.
            open: Groups::new(options.quiet || options.verbose > 0),
            excepted: Groups::new(options.show_excepted),
            known: Groups::new(options.show_excepted),
            workloads: Workloads::default(),
        }
    }
}

impl super::Renderer for Renderer<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.tally.add(finding, &self.options.gate);
        if finding.excepted.is_some() {
            self.excepted.add(finding);
        } else if finding.known {
            self.known.add(finding);
        } else {
            self.open.add(finding);
            self.workloads.add(finding);
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, end: &End<'_>) -> io::Result<()> {
        let paint = Paint { color: self.options.color };
        let options = &self.options;
        let mut page = Page::new(options, paint);
        let groups = self.open.sorted();
        for group in &groups {
            if options.quiet {
                group.findings.iter().for_each(|finding| page.line(finding, ""));
            } else {
                findings::write(&mut page, group);
            }
            if page.text.len() >= BUFFER {
                self.out.write_all(page.text.as_bytes())?;
                page.text.clear();
            }
        }
        let mut let_be = self.excepted.sorted();
        let_be.extend(self.known.sorted());
        remarks::write_let_be(&mut page, &let_be);
        remarks::write_gaps(&mut page, &end.coverage.gaps);
        if !options.quiet {
            remarks::write_notes(&mut page, &end.coverage.notes);
            page.text += &summary::coverage(end.coverage, options);
            page.text += &summary::standards(end.standards, paint);
            page.text += &summary::by_workload(self.workloads, options, paint);
            page.text += &summary::hint(&groups, options, paint);
        }
        page.text += &summary::verdict(&self.tally, end, options, paint);
        self.out.write_all(page.text.as_bytes())?;
        self.out.flush()
    }
}
