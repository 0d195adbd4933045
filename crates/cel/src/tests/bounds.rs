//! Large and hostile input is answered, if only by an error, and within a moment.

use super::run;
use crate::{Budget, Env, ErrorKind, Limits, Value};

fn evaluate(expression: &str) -> String {
    run(
        &Env::conformance().with_limits(Limits { code_points: 4 << 20, ..Limits::default() }),
        expression,
        Value::Null,
    )
}

#[test]
fn long_runs_of_operators() {
    assert_eq!(evaluate(&vec!["1"; 1_500].join(" + ")), "1500");
    assert_eq!(evaluate(&vec!["1"; 200_000].join("+")), "200000");
    assert_eq!(evaluate(&vec!["2"; 50].join(" * ")), "1125899906842624");
    assert_eq!(evaluate(&vec!["true"; 100_000].join(" && ")), "true");
    assert_eq!(evaluate(&vec!["false"; 100_000].join(" || ")), "false");
    assert_eq!(evaluate(&format!("false{}", " == true".repeat(10_000))), "false");
    assert_eq!(evaluate(&format!("{}true", "!".repeat(100_001))), "false");
    assert_eq!(evaluate(&format!("{}1", "- ".repeat(100_000))), "1");
    assert_eq!(evaluate(&format!("size([{}])", vec!["1"; 100_000].join(","))), "100000");
}

#[test]
fn deep_nesting() {
    let limit = "mistake: 1:251: expression recursion limit exceeded: 250";
    assert_eq!(evaluate(&format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000))), limit);
    assert_eq!(evaluate(&"(".repeat(1 << 20)), limit);
    assert_eq!(evaluate(&format!("{}1{}", "(".repeat(249), ")".repeat(249))), "1");
    assert_eq!(evaluate(&"[".repeat(100_000)), limit);
    assert!(evaluate(&"{1:".repeat(100_000)).contains("recursion limit exceeded"));
    assert!(evaluate(&"a(".repeat(100_000)).contains("recursion limit exceeded"));
    assert!(evaluate(&"true?1:".repeat(100_000)).contains("recursion limit exceeded"));
    assert!(evaluate(&format!("self{}", ".a".repeat(100_000))).contains("recursion depth exceeded"));
    assert!(evaluate(&format!("self{}", ".size()".repeat(100_000))).contains("recursion depth exceeded"));
    assert!(evaluate(&format!("self{}", "[0]".repeat(100_000))).contains("recursion depth exceeded"));
    assert!(evaluate(&"[1].map(x, ".repeat(10_000)).contains("recursion limit exceeded"));
}

#[test]
fn deepest_expressions_run() {
    let nested =
        |open: &str, close: &str, count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
    assert_eq!(evaluate(&nested("(1 + ", ")", 240)), "241");
    assert_eq!(evaluate(&nested("size([", "])", 120)), "1");
    assert_eq!(evaluate(&nested("[1].map(x, ", ")[0]", 120)), "1");
    assert_eq!(evaluate(&format!("{}1", "true ? true ? 0 == 1 : true : ".repeat(0).as_str())), "1");
    let blocks: Vec<String> = (0..2_000)
        .map(|place| if place == 0 { "1".into() } else { format!("[cel.index({})]", place - 1) })
        .collect();
    assert_eq!(
        evaluate(&format!("cel.block([{}], cel.index(1999))", blocks.join(","))),
        "error: evaluation is nested too deeply"
    );
}

#[test]
fn large_text() {
    let env = Env::kubernetes(35);
    let error = env.compile(&"a".repeat(1 << 20)).unwrap_err();
    assert_eq!(error.message, "expression code point size exceeds limit: size: 1048576, limit 100000");
    assert!(env.compile(&format!("'{}' == ''", "é".repeat(99_000))).is_ok());
}

/// What an expression costs, or nothing when it was cut off.
fn cost(expression: &str, limit: u64) -> Option<u64> {
    let program = Env::conformance().compile(expression).unwrap();
    let mut budget = Budget::new(limit);
    match program.eval(&(), &mut budget) {
        Ok(_) => Some(budget.used()),
        Err(error) => {
            assert_eq!(*error.kind(), ErrorKind::CostExceeded, "{expression}");
            None
        }
    }
}

#[test]
fn budget() {
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let loops = |depth: usize| format!("{}true{}", format!("{ten}.all(x, ").repeat(depth), ")".repeat(depth));
    assert_eq!(cost(&loops(1), 100), Some(31));
    assert_eq!(cost(&loops(9), 1_000_000), None);
    // Neither `||` nor a macro absorbs it.
    assert_eq!(cost(&format!("{} || true", loops(9)), 1_000_000), None);
    assert_eq!(cost(&format!("[1].exists(x, {}) || true", loops(9)), 1_000_000), None);
    assert_eq!(cost("1 + 1 + 1", 2), Some(2));
    assert_eq!(cost("1 + 1 + 1 + 1", 2), None);
}

#[test]
fn memory() {
    // Each step doubles; the server's costs alone would not stop it.
    let double = |start: &str, step: &str, times: usize| {
        format!(
            "{}x{}",
            format!("cel.bind(x, {start}, ").as_str().to_owned() + &step.repeat(times),
            ")".repeat(times + 1)
        )
    };
    assert_eq!(cost(&double("[1]", "cel.bind(x, x + x, ", 60), u64::MAX), None);
    assert_eq!(cost(&double("'a'", "cel.bind(x, x + x, ", 60), u64::MAX), None);
    assert_eq!(cost(&double("'aa'", "cel.bind(x, x.replace('', x), ", 60), u64::MAX), None);
    assert_eq!(cost(&double("'aa'", "cel.bind(x, [x, x, x, x].join(x), ", 60), u64::MAX), None);
    assert!(run(&Env::conformance(), "'%.999999999f'.format([1.0])", Value::Null).starts_with("error"));
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let patterns = format!(
        "{ten}.map(a, {ten}.map(b, {ten}.map(c, {ten}.map(d, 'a'.matches('(a{{30}}){{30}}' + string(a*1000+b*100+c*10+d))))))"
    );
    assert_eq!(cost(&patterns, u64::MAX), None);
}

/// What an expression is within a thread of little stack.
fn on_small_stack(expression: String) -> String {
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    thread.spawn(move || evaluate(&expression)).unwrap().join().unwrap()
}

#[test]
fn the_deepest_trees_fit_a_small_stack() {
    // Three levels a bracket: `||`, `&&` and `!`.
    let logic = format!("{}true{}", "false || true && !(".repeat(249), ")".repeat(249));
    assert_eq!(on_small_stack(logic), "false");
    let chains = format!("{}1{}", "0 < 1 + 2 * (true ? 1 : ".repeat(124), ") ? 1 : 0".repeat(124));
    assert_eq!(on_small_stack(chains), "1");
    let folds = format!("{}true{}", "[1].all(x, ".repeat(249), ")".repeat(249));
    assert_eq!(on_small_stack(folds), "true");
    let calls = format!("{}1{}", "dyn(".repeat(249), ")".repeat(249));
    assert_eq!(on_small_stack(calls), "1");
    let selections = format!("self{}", ".a".repeat(998));
    assert!(on_small_stack(selections).starts_with("error"));
    let maps = format!("{}1{}", "{1: ".repeat(124), "}".repeat(124));
    assert!(on_small_stack(maps).starts_with("{1:"));
}

/// A value that is shared many times is small to build and endless to read.
#[test]
fn shared_values() {
    let shared = |last: &str| format!("[1]{}{last}", ".map(x, [x, x])".repeat(60));
    assert!(cost(&shared(" == dyn(1)"), u64::MAX).is_some());
    let twice = format!("cel.bind(y, {}, y == y)", shared(""));
    assert_eq!(cost(&twice, u64::MAX), None);
    assert_eq!(cost(&format!("cel.bind(y, {}, y in [y])", shared("")), u64::MAX), None);
    assert_eq!(cost(&format!("'%s'.format([{}])", shared("")), u64::MAX), None);
    assert!(evaluate(&format!("dyn([{}]).join()", shared(""))).starts_with("error: join: invalid input: [["));
    let program = Env::conformance().compile(&shared("")).unwrap();
    let value = program.eval(&(), &mut Budget::default()).unwrap();
    assert_eq!(value.to_plain().size(), Some(1));
    assert!(value.to_string().len() < 10_000_000);
}
