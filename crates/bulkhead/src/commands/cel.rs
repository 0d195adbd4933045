//! `bulkhead cel`: a bench for expressions of the Common Expression Language.

mod case;
mod show;
mod values;

use std::io::{BufRead, Read};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use bulkhead_cel::StaticType;
use bulkhead_kinds::Minor;
use bulkhead_model::Verdict;
use clap::{Subcommand, ValueEnum};

use super::scan::minor;
use crate::output;
use case::{Bench, Case, Variable};

/// Try expressions of policies: what they give, which type they have, what they cost
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compute an expression, as the API server of a version does
    #[command(after_help = EVAL_EXAMPLES)]
    Eval(BenchArgs),
    /// Check an expression without computing it: its type, or what is wrong with it
    #[command(after_help = CHECK_EXAMPLES)]
    Check(BenchArgs),
}

const EVAL_EXAMPLES: &str = "Examples:
  bulkhead cel eval '[1, 2, 3].exists(n, n > 2)'
  bulkhead cel eval 'object.spec.containers.map(c, c.image)' --var object=deploy/a.yaml
  bulkhead cel eval 'size(names) > limit' --var 'names=[\"a\", \"b\"]' --var limit=1 -o json
  echo '{\"expr\": \"a + b\", \"vars\": {\"a\": 1, \"b\": 2}}' | bulkhead cel eval

Exit status: 0 there is a value, 1 there is none, 2 the job could not be done.";

const CHECK_EXAMPLES: &str = "Examples:
  bulkhead cel check 'object.spec.replicas > 1' --type 'object=object(apps/v1, Deployment)'
  bulkhead cel check 'names.exists(n, n == own)' --type 'names=list(string)' --type own=string
  bulkhead cel check \"'a.b'.split('.')\" --kubernetes-version 1.34

Exit status: 0 the expression is sound, 1 it is not, 2 the job could not be done.";

#[derive(Debug, clap::Args)]
struct BenchArgs {
    /// The expression; - or none reads cases as JSON lines: {"expr", "vars", "types"}
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expr: Option<String>,
    /// A variable: JSON, or a file of YAML or JSON
    #[arg(long = "var", value_name = "NAME=FILE|JSON", env = "BULKHEAD_VAR")]
    vars: Vec<NameAnd<String>>,
    /// The type of a variable, such as list(string) or object(apps/v1, Deployment) [default: dyn]
    #[arg(long = "type", value_name = "NAME=TYPE", env = "BULKHEAD_TYPE")]
    types: Vec<NameAnd<String>>,
    /// The version whose API server is asked about a new policy [default: the newest supported]
    #[arg(long, value_name = "1.N", env = "BULKHEAD_KUBERNETES_VERSION", value_parser = minor)]
    kubernetes_version: Option<Minor>,
    /// As the server runs a policy that it holds already: with all functions it has
    #[arg(long, env = "BULKHEAD_STORED", value_parser = clap::builder::FalseyValueParser::new())]
    stored: bool,
    /// How to answer
    #[arg(short, long, value_name = "FORMAT", env = "BULKHEAD_OUTPUT", default_value = "text")]
    output: Form,
}

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// `NAME=VALUE`
#[derive(Debug, Clone)]
struct NameAnd<T> {
    name: String,
    value: T,
}

impl FromStr for NameAnd<String> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
        let is_part = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        if !name.split('.').all(is_part) {
            return Err(format!("{name:?} is no name of a variable"));
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// A line of input is no longer.
const LONGEST_LINE: u64 = 16 << 20;

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        match self.command {
            Command::Eval(args) => args.run(true),
            Command::Check(args) => args.run(false),
        }
    }
}

impl BenchArgs {
    fn run(self, computes: bool) -> Result<Verdict> {
        let minor = self.kubernetes_version.unwrap_or(Minor::NEWEST);
        let mut shared = Vec::new();
        for NameAnd { name, value } in &self.vars {
            shared.push(Variable::read(name, value)?);
        }
        let bench = Bench { minor: minor.0, stored: self.stored, computes };
        let types: Vec<(String, String)> =
            self.types.iter().map(|one| (one.name.clone(), one.value.clone())).collect();
        if let Some(expr) = self.expr.as_deref().filter(|expr| *expr != "-") {
            let case = Case { expr: expr.to_owned(), variables: shared, types };
            return answer(&bench, &case, self.output);
        }
        let mut verdict = Verdict::Held;
        let mut input = std::io::stdin().lock();
        for number in 1_u64.. {
            let mut line = Vec::new();
            let read = input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
            if read.context("cannot read standard input")? == 0 {
                break;
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let found = Case::from_line(&line, &shared, &types)
                .and_then(|case| answer(&bench, &case, self.output))
                .with_context(|| format!("line {number}"));
            verdict = match (verdict, found) {
                (_, Err(error)) => {
                    tracing::error!("{error:#}");
                    Verdict::Undecided
                }
                (Verdict::Held, Ok(found)) => found,
                (verdict, Ok(_)) => verdict,
            };
        }
        Ok(verdict)
    }
}

fn answer(bench: &Bench, case: &Case, form: Form) -> Result<Verdict> {
    let answer = bench.answer(case)?;
    let text = match form {
        Form::Text => show::text(case, &answer),
        Form::Json => show::json(case, &answer),
    };
    output::print(text.as_bytes())?;
    Ok(if answer.failed() { Verdict::Failed } else { Verdict::Held })
}

/// The types of the language that have plain names.
const PLAIN_TYPES: &[&str] = &[
    "any",
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "int",
    "list",
    "map",
    "null_type",
    "optional_type",
    "string",
    "timestamp",
    "type",
    "uint",
    "wrapper",
];

/// A type as it is written on the command line.
fn named_type(text: &str) -> Result<StaticType> {
    // A qualified name is a type of a library's own; any other that the language does not know is a slip.
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '@');
    for name in text.split(|letter| !is_part(letter)).filter(|name| !name.is_empty()) {
        if !name.contains('.') && !PLAIN_TYPES.contains(&name) {
            bail!(
                "cannot read the type {text:?}: there is no type {name}; known are {}",
                PLAIN_TYPES.join(", ")
            );
        }
    }
    text.parse().with_context(|| format!("cannot read the type {text:?}"))
}
