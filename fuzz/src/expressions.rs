//! Text as expressions.

use std::sync::{Arc, LazyLock};

use bulkhead_cel::{Budget, Env, Program, Value};
use bulkhead_document::{Limits, Tree, read};

fn environments() -> impl Iterator<Item = Env> {
    [Env::conformance(), Env::kubernetes(23), Env::kubernetes(36)]
        .into_iter()
        .map(|env| env.with_variable("self").with_variable("some.thing"))
}

/// Compiles any text. A mistake has a place.
pub(crate) fn parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for env in environments() {
        match env.compile(text) {
            Ok(program) => assert!(program.paths().len() >= program.variables().len()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Evaluates any text that compiles, over a document and over what is not known. The same expression on the
/// same values comes to the same end at the same cost.
pub(crate) fn eval(data: &[u8]) {
    static POD: LazyLock<Tree> = LazyLock::new(|| {
        let text: Arc<str> = include_str!("../seeds/normalise/pod.yaml").into();
        let mut documents = read(text, &Limits::default()).flatten();
        documents.next().expect("the Pod is sound")
    });
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for env in environments() {
        let Ok(program) = env.compile(text) else { continue };
        for pod in [Value::Node(POD.root()), Value::unknown("self")] {
            assert_eq!(run(&program, &pod), run(&program, &pod));
        }
    }
}

/// The cost, and what sort of end it came to.
fn run(program: &Program, pod: &Value<'_>) -> (u64, String) {
    let variables = [
        ("self", pod.clone()),
        ("some.thing", Value::unknown("some.thing")),
    ];
    let mut budget = Budget::new(100_000);
    let end = match program.eval(&variables, &mut budget) {
        Ok(value) => format!("{:?} {:?}", value.type_of(), value.as_bool()),
        Err(error) => error.to_string(),
    };
    (budget.used(), end)
}
