//! What an expression is worth: `bulkhead-cel` beside cel-go, as the API server sets it up and as the
//! language's own conformance test does.
//!
//! With `BULKHEAD_CEL_STRICT` set, the words of errors and the cost of an evaluation have to agree too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bulkhead_cel::{
    AccessRequest, AccessResource, Authorizer, Budget, Decision, Env, StaticType, Target, Value,
};
use bulkhead_document::{Limits, read};
use bulkhead_testkit::Random;
use bulkhead_testkit::cel::{self, Dialect, Expr};
use bulkhead_testkit::differential::{Comparison, Difference, smaller_texts};
use serde_json::{Value as Json, json};

#[test]
fn differential_cel_kubernetes() {
    crate::hold(&Cel::<KUBERNETES>, 25_000, include_str!("cel.listed"));
}

#[test]
fn differential_cel_conformance() {
    crate::hold(&Cel::<CONFORMANCE>, 15_000, include_str!("cel.listed"));
}

#[test]
fn differential_cel_libraries() {
    crate::hold(&Cel::<LIBRARIES>, 25_000, include_str!("cel.listed"));
}

const KUBERNETES: usize = 0;
const CONFORMANCE: usize = 1;
/// As the first, with expressions of Kubernetes' own libraries. Here the cost has to agree at all times.
const LIBRARIES: usize = 2;

/// The version that is judged for: new expressions are checked with the version before it.
const MINOR: u32 = 35;

/// The versions that some cases are judged for instead.
const MINORS: std::ops::Range<u32> = 27..35;

/// Which environment and expressions.
struct Cel<const SORT: usize>;

impl Case {
    fn text(&self) -> String {
        self.damaged.clone().unwrap_or_else(|| self.expr.text())
    }
}

#[derive(Clone)]
struct Case {
    expr: Expr,
    /// The expression's text with something wrong in it.
    damaged: Option<String>,
    object: Arc<Json>,
    unchecked: bool,
    /// The version whose server is asked, and whether it runs an expression that it holds already.
    minor: u32,
    stored: bool,
}

impl<const SORT: usize> Comparison for Cel<SORT> {
    type Case = Case;
    const NAME: &'static str = match SORT {
        KUBERNETES => "differential-cel-kubernetes",
        CONFORMANCE => "differential-cel-conformance",
        _ => "differential-cel-libraries",
    };

    fn make(&self, random: &mut Random) -> Case {
        let object = cel::object(random);
        let dialect = match SORT {
            KUBERNETES => Dialect::Kubernetes,
            CONFORMANCE => Dialect::Conformance,
            _ => Dialect::Libraries,
        };
        let expr = cel::any(random, &object, dialect);
        let damaged = random.percent(15).then(|| cel::damage(random, &expr.text()));
        let unchecked = SORT == CONFORMANCE && random.percent(30);
        let other = SORT != CONFORMANCE && random.percent(30);
        let minor =
            if other { MINORS.start + u32::try_from(random.below(MINORS.len())).unwrap_or(0) } else { MINOR };
        let stored = other && random.percent(20);
        Case { expr, damaged, object: Arc::new(object), unchecked, minor, stored }
    }

    fn question(&self, case: &Case) -> Json {
        let (types, values) = if SORT == LIBRARIES { authorizers() } else { (json!({}), json!({})) };
        json!({
            "op": "cel",
            "types": types,
            "values": values,
            "env": if SORT == CONFORMANCE { "conformance" } else { "kubernetes" },
            "version": format!("1.{}", case.minor - 1),
            "stored": case.stored,
            "expr": case.text(),
            "vars": {"object": *case.object},
            "unchecked": case.unchecked,
        })
    }

    fn show(&self, case: &Case) -> String {
        let unchecked = if case.unchecked { " (unchecked)" } else { "" };
        let version = if case.minor == MINOR { String::new() } else { format!("  FOR 1.{}", case.minor) };
        let stored = if case.stored { " (stored)" } else { "" };
        let expr = format!("{}{version}{stored}", case.text());
        if expr.contains("object") {
            format!("{expr}{unchecked}  WITH {}", case.object)
        } else {
            expr + unchecked
        }
    }

    fn compare(&self, case: &Case, answer: &Json) -> Option<Difference> {
        let (ours, oracle) = (ours::<SORT>(case), theirs::<SORT>(answer));
        let both = |sort: &str| ours.starts_with(sort) && oracle.starts_with(sort);
        let both_refuse = both(REFUSED) || same_place(&ours, &oracle, answer);
        let same_type = ours.rsplit(" TYPE ").next() == oracle.rsplit(" TYPE ").next();
        let both_fail = both(ERROR) && !strict() && (case.unchecked || same_type);
        (ours != oracle && !both_refuse && !both_fail).then_some(Difference { ours, oracle })
    }

    fn smaller(&self, case: &Case) -> Vec<Case> {
        if let Some(text) = &case.damaged {
            return smaller_texts(text)
                .into_iter()
                .map(|text| Case { damaged: Some(text), ..case.clone() })
                .collect();
        }
        let exprs = case.expr.smaller().into_iter().map(|expr| Case { expr, ..case.clone() });
        exprs.chain(smaller_objects(case)).collect()
    }
}

/// Whether both found a mistake beyond the grammar, and ours is one of theirs. They go on after the first
/// and sort what they find, so that what follows from a mistake may come before it.
fn same_place(ours: &str, oracle: &str, answer: &Json) -> bool {
    let Some(ours) = ours.strip_prefix(REFUSED).filter(|_| oracle.starts_with(UNFIT)) else {
        return false;
    };
    let Some(issues) = answer["issues"].as_array() else { return true };
    // What is beyond the grammar may hide behind what is not.
    let syntax = issues
        .iter()
        .any(|issue| issue["message"].as_str().is_some_and(|text| text.contains("Syntax")));
    syntax
        || issues
            .iter()
            .any(|issue| ours.starts_with(&format!("{}:{}:", issue["line"], issue["column"])))
}

const REFUSED: &str = "refused: ";
const UNFIT: &str = "unfit: ";
const ERROR: &str = "error: ";

fn smaller_objects(case: &Case) -> impl Iterator<Item = Case> {
    let mut objects = Vec::new();
    for outer in ["metadata", "spec"] {
        let Some(entries) = case.object[outer].as_object() else { continue };
        for key in entries.keys() {
            let mut copy = Json::clone(&case.object);
            if let Some(entries) = copy[outer].as_object_mut() {
                entries.remove(key);
            }
            objects.push(copy);
        }
    }
    objects.into_iter().map(|object| Case { object: Arc::new(object), ..case.clone() })
}

fn ours<const SORT: usize>(case: &Case) -> String {
    let env = environment::<SORT>(case);
    let env = if case.unchecked { env.clone().unchecked() } else { env };
    let program = match env.compile(&case.text()) {
        Ok(program) => program,
        Err(error) => return format!("{REFUSED}{}:{}: {}", error.line, error.column, error.message),
    };
    let source: Arc<str> = case.object.to_string().into();
    let tree = read(source, &Limits::default()).next().expect("a document").expect("an object");
    let value = Value::from(tree.root());
    let mut budget = Budget::default();
    let mut variables = vec![("object".to_owned(), value)];
    if SORT == LIBRARIES {
        let telling = Arc::new(Telling);
        variables.push(("authorizer".to_owned(), Value::authorizer(telling.clone(), "eve")));
        let resource = AccessResource {
            group: "apps".into(),
            resource: "deployments".into(),
            namespace: "shop".into(),
            name: "web".into(),
            ..AccessResource::default()
        };
        let value = Value::resource_check(telling, "eve", resource);
        variables.push(("authorizer.requestResource".to_owned(), value));
    }
    match program.eval(&variables, &mut budget) {
        Ok(value) => {
            let cost = cost::<SORT>(&budget.used().to_string());
            format!("value: {}{cost}{}", written(&value), shown_type(program.result_type()))
        }
        Err(error) => format!("{ERROR}{error}{}", shown_type(program.result_type())),
    }
}

/// The environment of a case; each is made once.
fn environment<const SORT: usize>(case: &Case) -> Env {
    static MADE: Mutex<BTreeMap<(usize, u32, bool), Env>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().expect("no other comparison failed");
    let env = made.entry((SORT, case.minor, case.stored)).or_insert_with(|| {
        let env = match (SORT, case.stored) {
            (CONFORMANCE, _) => Env::conformance(),
            (_, false) => Env::kubernetes(case.minor),
            (_, true) => Env::kubernetes_stored(MINOR),
        };
        let env = env.with_variable("object");
        if SORT != LIBRARIES {
            return env;
        }
        let opaque = |name: &str| StaticType::opaque(format!("kubernetes.authorization.{name}"), []);
        env.with_typed_variable("authorizer", opaque("Authorizer"))
            .with_typed_variable("authorizer.requestResource", opaque("ResourceCheck"))
    });
    env.clone()
}

/// One who decides as the oracle's does, and gives out all that it was asked as its reason.
#[derive(Debug)]
struct Telling;

impl Authorizer for Telling {
    fn authorize(&self, asked: &AccessRequest<'_>) -> Decision {
        let AccessRequest { user, verb, target } = asked;
        let (reason, resource) = match target {
            Target::Path(path) => (format!("{user} {verb} {path}"), ""),
            Target::Resource(AccessResource { group, resource, subresource, namespace, name, .. }) => {
                let reason = format!("{user} {verb} {group}/*/{resource}/{subresource} {namespace}/{name}");
                (reason, resource.as_str())
            }
        };
        let error = (*verb == "watch").then(|| "nobody watches".to_owned());
        Decision { allowed: *verb == "get" && resource != "secrets", reason, error }
    }
}

/// The types and values of the variables that ask for permissions, for the oracle.
fn authorizers() -> (Json, Json) {
    let types = json!({"authorizer": "authorizer", "authorizer.requestResource": "resourceCheck"});
    let resource = json!({
        "user": "eve", "group": "apps", "resource": "deployments", "namespace": "shop", "name": "web",
    });
    let values = json!({"authorizer": {"authorizer": {"user": "eve"}}, "authorizer.requestResource": {"resourceCheck": resource}});
    (types, values)
}

fn shown_type(found: Option<&StaticType>) -> String {
    found.map(|found| format!(" TYPE {found}")).unwrap_or_default()
}

/// A type as the oracle spells it, in our spelling.
fn their_type(answer: &Json) -> String {
    let Some(found) = answer["type"].as_str() else { return String::new() };
    let plain = found.replace("google.protobuf.Duration", "duration").replace("null_type", "null");
    format!(" TYPE {}", plain.replace("google.protobuf.Timestamp", "timestamp"))
}

fn written(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::UInt(value) => format!("{value}u"),
        Value::Double(value) => format!("{value:?}d"),
        Value::String(text) => format!("{:?}", &**text),
        Value::Bytes(bytes) => format!("b{bytes:?}"),
        Value::Duration(duration) => format!("{}ns", duration.0),
        Value::Timestamp(time) => format!("@{}+{}", time.seconds(), time.nanos()),
        Value::Type(kind) => format!("type {}", kind.name()),
        Value::Optional(None) => "none".into(),
        Value::Optional(Some(value)) => format!("some({})", written(value)),
        Value::Extension(value) => match value.type_of().name() {
            name if name.starts_with("kubernetes.authorization.") => format!("{name} "),
            name => format!("{name} {}", value.text()),
        },
        Value::Unknown(_) => "unknown".into(),
        Value::Object(object) => {
            let fields = object.fields().map(|(name, field)| format!("{name}: {}", written(field)));
            format!("{}{{{}}}", object.name(), fields.collect::<Vec<_>>().join(", "))
        }
        Value::List(_) | Value::Map(_) | Value::Node(_) => match (value.items(), value.entries()) {
            (Some(items), _) => {
                format!("[{}]", items.map(|item| written(&item)).collect::<Vec<_>>().join(", "))
            }
            (_, Some(entries)) => map(entries
                .iter()
                .map(|(key, value)| format!("{}: {}", written(key), written(value)))
                .collect()),
            _ => "neither list nor map".into(),
        },
    }
}

fn map(mut entries: Vec<String>) -> String {
    entries.sort();
    format!("{{{}}}", entries.join(", "))
}

fn theirs<const SORT: usize>(answer: &Json) -> String {
    if let Some(fault) = answer.get("fault") {
        return format!("fault: {fault}");
    }
    if let Some(issues) = answer["issues"].as_array() {
        let message = issues[0]["message"].as_str().unwrap_or_default();
        // What the checker and the validators of literals refuse is told from what the parser does.
        let sort = if message.starts_with("Syntax error") { REFUSED } else { UNFIT };
        let (line, column) = (&issues[0]["line"], &issues[0]["column"]);
        return format!("{sort}{line}:{column}: {message}");
    }
    if let Some(error) = answer.get("error").and_then(Json::as_str) {
        // Constants are computed when a program is made: the API server takes that for a mistake of the text.
        return match error.strip_prefix("program: ") {
            Some(error) => format!("{UNFIT}{error}"),
            None => format!("{ERROR}{error}{}", their_type(answer)),
        };
    }
    let cost = answer["cost"].as_str().map(cost::<SORT>).unwrap_or_default();
    format!("value: {}{cost}{}", tagged(&answer["value"]), their_type(answer))
}

fn strict() -> bool {
    std::env::var_os("BULKHEAD_CEL_STRICT").is_some()
}

/// The conformance environment counts no cost.
fn cost<const SORT: usize>(units: &str) -> String {
    if strict() && SORT == KUBERNETES || SORT == LIBRARIES { format!(" COST {units}") } else { String::new() }
}

/// The oracle's tagged form in the same spelling as [`written`].
fn tagged(value: &Json) -> String {
    let Some((tag, inner)) = value.as_object().and_then(|entries| entries.iter().next()) else {
        return format!("no value: {value}");
    };
    let text = inner.as_str().unwrap_or_default();
    let number =
        |place: usize| inner[place].as_i64().or_else(|| inner[place].as_str()?.parse().ok()).unwrap_or(0);
    let each = |list: &Json| {
        list.as_array().map(|all| all.iter().map(tagged).collect::<Vec<_>>()).unwrap_or_default()
    };
    match tag.as_str() {
        "null" => "null".into(),
        "bool" => inner.to_string(),
        "int" => text.to_owned(),
        "uint" => format!("{text}u"),
        "double" => format!("{:?}d", text.parse::<f64>().unwrap_or(f64::NAN)),
        "string" => format!("{text:?}"),
        "bytes" => format!("b{:?}", base64(text)),
        "duration" => format!("{}ns", i128::from(number(0)) * 1_000_000_000 + i128::from(number(1))),
        "timestamp" => format!("@{}+{}", number(0), number(1)),
        "type" => format!("type {text}"),
        "object" => {
            let part = |name: &str| inner[name].as_str().unwrap_or_default();
            format!("{} {}", part("type"), part("value"))
        }
        "optional" if inner.is_null() => "none".into(),
        "optional" => format!("some({})", tagged(&inner[0])),
        "list" => format!("[{}]", each(inner).join(", ")),
        "map" => {
            let entries = inner.as_array().map(Vec::as_slice).unwrap_or_default();
            map(entries.iter().map(|pair| format!("{}: {}", tagged(&pair[0]), tagged(&pair[1]))).collect())
        }
        _ => value.to_string(),
    }
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u32> =
        text.bytes().filter(|byte| *byte != b'=').map(|byte| u32::from(digit(byte))).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        let [_, all @ ..] = u32::to_be_bytes(bits);
        bytes.extend_from_slice(&all[..group.len().saturating_sub(1)]);
    }
    bytes
}
