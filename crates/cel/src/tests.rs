//! Rows of expressions with the values they must have.

mod bounds;
mod estimate;
mod kubernetes;
mod language;
mod libraries;
mod objects;
mod properties;
mod signatures;
mod unknown;

use bulkhead_document::Tree;

use crate::{Budget, Env, Value};

/// An expression, what `self` is (as YAML), and the value as text; an error is written `error: …`.
type Row = (&'static str, &'static str, &'static str);

fn tree(text: &str) -> Tree {
    let mut documents = bulkhead_document::read(text.into(), &bulkhead_document::Limits::default());
    documents.next().unwrap().unwrap()
}

fn run(env: &Env, expression: &str, this: Value<'_>) -> String {
    let env = env.clone().with_variable("self").with_variable("request").with_variable("other");
    let program = match env.compile(expression) {
        Ok(program) => program,
        Err(error) => return format!("mistake: {error}"),
    };
    let variables =
        [("self", this), ("request", Value::unknown("request")), ("other", Value::unknown("other"))];
    match program.eval(&variables, &mut Budget::default()) {
        Ok(value) => value.to_string(),
        Err(error) => format!("error: {error}"),
    }
}

/// Each row over the document and over plain values alike.
fn check(env: &Env, rows: &[Row]) {
    for (expression, this, wanted) in rows {
        let tree = tree(if this.is_empty() { "null" } else { this });
        let node = Value::Node(tree.root());
        assert_eq!(run(env, expression, node.clone()), *wanted, "{expression}");
        assert_eq!(run(env, expression, node.to_plain()), *wanted, "{expression}, over plain values");
    }
}
