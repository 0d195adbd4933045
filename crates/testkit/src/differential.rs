//! The run of a comparison: random cases, asked of both sides, their differences made small.
//!
//! `BULKHEAD_SEED`, `BULKHEAD_CASES` (a factor in percent) and `BULKHEAD_EACH` (how many failures of a
//! sort are shown) change a run; the line it prints names the seed. A difference is *listed* when a rule of the kept file covers it ([`Listed`]), else it fails
//! the test and is shown with the smallest case that still has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::{env, fs};

use regex::Regex;
use serde_json::Value;

use crate::listed::Listed;
use crate::{Oracle, OracleError, Random};

/// What two sides said of one case, where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Ours: begins with a word for its sort, such as `value` or `error`, and a colon.
    pub ours: String,
    /// The oracle's, in the same form.
    pub oracle: String,
}

impl Difference {
    /// The same without what both have in common at the front and back: long values differ in a word.
    #[must_use]
    pub fn apart(self) -> Self {
        let (ours, oracle): (Vec<char>, Vec<char>) =
            (self.ours.chars().collect(), self.oracle.chars().collect());
        if !self.ours.starts_with("value:") || !self.oracle.starts_with("value:") {
            return self;
        }
        let same = |pairs: &mut dyn Iterator<Item = (&char, &char)>| {
            pairs.take_while(|(ours, oracle)| ours == oracle).count()
        };
        let front = same(&mut ours.iter().zip(&oracle)).saturating_sub(60).max(6);
        let most = ours.len().min(oracle.len()) - front;
        let back = same(&mut ours.iter().rev().zip(oracle.iter().rev())).saturating_sub(40).min(most);
        let cut =
            |text: &[char]| format!("value: …{}", text[front..text.len() - back].iter().collect::<String>());
        Self { ours: cut(&ours), oracle: cut(&oracle) }
    }

    /// What kind of difference it is: errors by their words, values by being values.
    fn sort(&self) -> String {
        let one = |text: &str| -> String {
            let (sort, rest) = text.split_once(':').unwrap_or((text, ""));
            let quoted = Regex::new("'[^']*'|\"[^\"]*\"|[0-9]+|`[^`]*`").expect("a pattern");
            if sort == "value" || sort == "stream" {
                sort.to_owned()
            } else {
                format!("{sort}:{}", quoted.replace_all(rest, ""))
            }
        };
        format!("{} / {}", one(&self.ours), one(&self.oracle))
    }
}

/// Two sides and what they are asked.
pub trait Comparison: Sync {
    /// One case.
    type Case: Send + Clone;

    /// Named in the output: `differential-yaml`.
    const NAME: &'static str;

    /// The program of `testbed` that is asked.
    const PROGRAM: &'static str = "oracle";

    /// Makes a case.
    fn make(&self, random: &mut Random) -> Self::Case;

    /// The question to the oracle.
    fn question(&self, case: &Self::Case) -> Value;

    /// How a case is shown, and what rules of the kept file match.
    fn show(&self, case: &Self::Case) -> String;

    /// Our answer beside the oracle's; `None` where they agree.
    fn compare(&self, case: &Self::Case, answer: &Value) -> Option<Difference>;

    /// Smaller cases that may show the same difference, the smallest first.
    fn smaller(&self, case: &Self::Case) -> Vec<Self::Case>;
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Both sides agree.
    pub passed: usize,
    /// They differ, and no rule covers it.
    pub failed: usize,
    /// They differ as the kept file says.
    pub listed: usize,
    /// The failures in words, each sort once, and rules that covered nothing.
    pub report: String,
}

/// At most so many different failures are made small and shown.
const SHOWN: usize = 200;
/// At most so many of one sort.
const EACH: usize = 6;
/// So often a case is asked before a difference is believed: of a map with two keys, Go takes the same first seven
/// times of eight.
const AGAIN: usize = 120;
/// At most so many questions make one case small.
const TRIES: usize = 400;

/// Asks `count` cases. Prints one line with the figures, or says by name why it was skipped.
///
/// # Panics
/// When the oracle is broken, or the kept file is.
pub fn run<C: Comparison>(comparison: &C, count: usize, kept: &str) -> Outcome {
    let listed = Listed::parse(kept).unwrap_or_else(|error| panic!("{}: kept file: {error}", C::NAME));
    let mut oracle = match Oracle::start_program(C::PROGRAM) {
        Ok(oracle) => oracle,
        Err(error) if error.is_missing() && env::var_os("BULKHEAD_NEED_ORACLE").is_none() => {
            say(&format!("skipped: {}: {error}", C::NAME));
            return Outcome::default();
        }
        Err(error) => panic!("{}: {error}", C::NAME),
    };
    let seed = number("BULKHEAD_SEED").unwrap_or(SEED);
    let count = count * usize::try_from(number("BULKHEAD_CASES").unwrap_or(100)).unwrap_or(100) / 100;
    let mut run = Run { comparison, listed: &listed, outcome: Outcome::default(), used: BTreeMap::new() };
    let failures = run.ask(&mut oracle, seed, count).unwrap_or_else(|error| panic!("{}: {error}", C::NAME));
    let shown = run.shrink_all(&mut oracle, failures);
    let outcome = run.finish(&shown);
    say(&format!(
        "{}: {} passed, {} failed, {} listed (seed {seed})",
        C::NAME,
        outcome.passed,
        outcome.failed,
        outcome.listed
    ));
    outcome
}

/// The seed of every run that names no other.
const SEED: u64 = 20_251_121;

struct Run<'a, C: Comparison> {
    comparison: &'a C,
    listed: &'a Listed,
    outcome: Outcome,
    used: BTreeMap<usize, usize>,
}

impl<C: Comparison> Run<'_, C> {
    fn ask(
        &mut self,
        oracle: &mut Oracle,
        seed: u64,
        count: usize,
    ) -> Result<Vec<(C::Case, Difference)>, OracleError> {
        let comparison = self.comparison;
        let mut failures = Vec::new();
        let cases = (0..count).map(|number| {
            let case = comparison.make(&mut Random::for_case(seed, number));
            (comparison.question(&case), case)
        });
        oracle.ask_all(cases, |case, answer| {
            let Some(difference) = comparison.compare(&case, &answer) else {
                self.outcome.passed += 1;
                return;
            };
            let rule = self.listed.find(&comparison.show(&case), &difference.ours, &difference.oracle);
            if let Some(rule) = rule {
                self.outcome.listed += 1;
                *self.used.entry(rule).or_default() += 1;
            } else {
                self.outcome.failed += 1;
                failures.push((case, difference));
            }
        })?;
        Ok(failures)
    }

    /// Makes the failures small, and keeps each small case once.
    fn shrink_all(
        &mut self,
        oracle: &mut Oracle,
        mut failures: Vec<(C::Case, Difference)>,
    ) -> Vec<(String, Difference)> {
        failures.sort_by_cached_key(|(case, _)| self.comparison.show(case).len());
        let mut shown: Vec<(String, Difference)> = Vec::new();
        let each = number("BULKHEAD_EACH").and_then(|each| usize::try_from(each).ok()).unwrap_or(EACH);
        let (mut sorts, mut shapes) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
        for (case, difference) in failures {
            let seen = sorts.entry(difference.sort()).or_default();
            *seen += 1;
            if *seen > each || shown.len() >= SHOWN {
                if self.again(oracle, &case).is_none() {
                    self.outcome.failed -= 1;
                    self.outcome.passed += 1;
                }
                continue;
            }
            let Some((case, difference)) = self.shrink(oracle, case, difference) else {
                self.outcome.failed -= 1;
                self.outcome.passed += 1;
                continue;
            };
            let text = self.comparison.show(&case);
            let shape: String =
                text.chars().map(|char| if char.is_alphanumeric() { 'a' } else { char }).collect();
            if shapes.insert(shape) {
                shown.push((text, difference));
            }
        }
        for (sort, count) in sorts {
            let _ = writeln!(self.outcome.report, "{count:6} {sort}");
        }
        shown
    }

    /// The smallest case with the same difference; `None` where the difference was by chance.
    fn shrink(
        &self,
        oracle: &mut Oracle,
        mut case: C::Case,
        mut difference: Difference,
    ) -> Option<(C::Case, Difference)> {
        let (mut tries, sort) = (0, difference.sort());
        self.again(oracle, &case)?;
        'again: loop {
            for candidate in self.comparison.smaller(&case) {
                tries += 1;
                if tries > TRIES {
                    return Some((case, difference));
                }
                let Some(found) = self.again(oracle, &candidate) else { continue };
                let text = self.comparison.show(&candidate);
                if found.sort() == sort && self.listed.find(&text, &found.ours, &found.oracle).is_none() {
                    (case, difference) = (candidate, found);
                    continue 'again;
                }
            }
            return Some((case, difference));
        }
    }

    /// Asks again, several times: Go walks its maps in random order, and what hangs on it is no answer.
    fn again(&self, oracle: &mut Oracle, case: &C::Case) -> Option<Difference> {
        let question = self.comparison.question(case);
        let first = self.comparison.compare(case, &oracle.ask(&question).ok()?)?;
        for _ in 1..AGAIN {
            let answer = oracle.ask(&question).ok()?;
            if self.comparison.compare(case, &answer)?.oracle != first.oracle {
                return None;
            }
        }
        Some(first)
    }

    fn finish(mut self, shown: &[(String, Difference)]) -> Outcome {
        let report = &mut self.outcome.report;
        for (case, difference) in shown {
            let _ = write!(
                report,
                "---- {}\n{case}\n  ours   {}\n  oracle {}\n",
                C::NAME,
                cut(&difference.ours),
                cut(&difference.oracle)
            );
        }
        for (number, rule) in self.listed.rules().iter().enumerate() {
            match self.used.get(&number) {
                Some(count) => {
                    let _ = writeln!(report, "listed {count}: {}", rule.reason);
                }
                None => {
                    let _ = writeln!(report, "listed, but not seen: {}", rule.reason);
                }
            }
        }
        if let Some(folder) = env::var_os("BULKHEAD_DIFFERENCES") {
            // For reading at leisure; the test's own output has the same.
            let _ = fs::write(std::path::Path::new(&folder).join(C::NAME), report.as_bytes());
        }
        self.outcome
    }
}

/// Pieces of text with something left out, the largest pieces first: lines, then runs of characters.
pub fn smaller_texts(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut size = lines.len() / 2;
    while size > 0 && lines.len() > 1 {
        for start in (0..lines.len()).step_by(size) {
            let end = (start + size).min(lines.len());
            all.push([&lines[..start], &lines[end..]].concat().concat());
        }
        size /= 2;
    }
    let chars: Vec<char> = text.chars().collect();
    let mut size = (chars.len() / 2).min(64);
    while size > 0 {
        for start in (0..chars.len()).step_by(size) {
            let end = (start + size).min(chars.len());
            all.push(chars[..start].iter().chain(&chars[end..]).collect());
        }
        size /= 2;
    }
    all
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// A line for whoever watches the run; the test harness would hold back `println`.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
