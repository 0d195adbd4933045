//! What an expression may cost, told before it runs: `bulkhead-cel` beside cel-go with the API server's estimates.
//! Nothing is known of `object`; what the schema of a kind says is compared in `typed.rs`.

use bulkhead_cel::{Env, Estimate, StaticType};
use bulkhead_testkit::Random;
use bulkhead_testkit::cel::{self, Dialect, Expr};
use bulkhead_testkit::differential::{Comparison, Difference};
use serde_json::{Value as Json, json};

#[test]
fn differential_cel_estimates() {
    crate::hold(&Estimates, 25_000, include_str!("estimate.listed"));
}

/// The version whose server is asked.
const MINOR: u32 = 35;

struct Estimates;

impl Comparison for Estimates {
    type Case = Expr;
    const NAME: &'static str = "differential-cel-estimates";

    fn make(&self, random: &mut Random) -> Expr {
        let object = cel::object(random);
        let dialect = if random.percent(50) { Dialect::Kubernetes } else { Dialect::Libraries };
        cel::any(random, &object, dialect)
    }

    fn question(&self, case: &Expr) -> Json {
        json!({
            "op": "cel",
            "types": {"object": "dyn", "authorizer": "authorizer", "authorizer.requestResource": "resourceCheck"},
            "env": "kubernetes",
            "version": format!("1.{}", MINOR - 1),
            "expr": case.text(),
            "compileOnly": true,
            "estimate": true,
        })
    }

    fn show(&self, case: &Expr) -> String {
        case.text()
    }

    fn compare(&self, case: &Expr, answer: &Json) -> Option<Difference> {
        let env = Env::kubernetes(MINOR)
            .with_variable("object")
            .with_typed_variable("authorizer", StaticType::authorizer())
            .with_typed_variable("authorizer.requestResource", StaticType::resource_check());
        differs(env.estimate(&case.text(), &()).ok().map(shown), answer)
    }

    fn smaller(&self, case: &Expr) -> Vec<Expr> {
        case.smaller()
    }
}

/// How our estimate is shown; that we have none is told apart from a mistake.
pub(crate) fn shown(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(|| "none".to_owned(), |Estimate { least, most }| format!("{least}..{most}"))
}

/// How two estimates differ. That an expression is refused is compared elsewhere.
pub(crate) fn differs(ours: Option<String>, answer: &Json) -> Option<Difference> {
    let bound = |place: usize| answer["estimate"][place].as_str();
    let (Some(least), Some(most), Some(ours)) = (bound(0), bound(1), ours) else { return None };
    let oracle = format!("{least}..{most}");
    (ours != oracle).then_some(Difference { ours, oracle })
}
