//! The Rego half of a Gatekeeper template, run by the `regorus` interpreter.
//!
//! A template's `violation` rule is asked with `input.review` and `input.parameters`, and with the objects that
//! Gatekeeper would have synchronised as `data.inventory`. The interpreter is bounded by time. It knows no
//! clock, no network and no files, so a template that asks for those cannot be judged: that is a gap, and
//! never "no violation".
//!
//! Where the interpreter is not OPA, the source is brought into a form in which the two agree ([`rewrite`]).
//!
//! Source: open-policy-agent/frameworks, `pkg/client/drivers/rego`.

mod rewrite;

use std::num::NonZeroU32;
use std::time::Duration;

use bulkhead_document::{Kind, Limits, Node, read};
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use serde_json::{Value as Json, json};

use super::document::Document;
use crate::read::PolicyError;

/// The engine's name in a template.
const ENGINE: &str = "Rego";
/// How long one template may judge one object.
const LIMIT: Duration = Duration::from_secs(2);
/// How often the time is looked at.
const INTERVAL: NonZeroU32 = NonZeroU32::new(512).expect("it is not zero");
/// The most bytes of a template's source with its libraries.
const MOST_SOURCE: usize = 1 << 20;
/// The annotation in which a template names what it looks up.
const SYNC: &str = "metadata.gatekeeper.sh/requires-sync-data";

/// A template's source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    rego: String,
    libraries: Vec<String>,
    /// What the inventory has to hold: group and kind.
    pub(crate) inventory: Vec<(String, String)>,
}

/// Reads the Rego of a template, where it has some.
pub(crate) fn source(document: &Document<'_>) -> Result<Option<Source>, PolicyError> {
    let text = |node: Node<'_>, field: &str| node.get(field).and_then(Node::as_str).map(str::to_owned);
    let targets = document.root.at(&["spec", "targets"]).into_iter().flat_map(Node::items);
    for target in targets {
        let codes = target.get("code").into_iter().flat_map(Node::items);
        let mut code = codes.filter(|code| text(*code, "engine").as_deref() == Some(ENGINE));
        let given = code.find_map(|code| code.get("source")).unwrap_or(target);
        let Some(rego) = text(given, "rego") else { continue };
        let libraries = given.get("libs").into_iter().flat_map(Node::items).filter_map(Node::as_str);
        let libraries: Vec<String> = libraries.map(str::to_owned).collect();
        let size = rego.len() + libraries.iter().map(String::len).sum::<usize>();
        if size > MOST_SOURCE {
            let message = format!("spec.targets[*].rego: has more than {MOST_SOURCE} bytes");
            return Err(document.error(given, message));
        }
        return Ok(Some(Source { rego, libraries, inventory: inventory(document) }));
    }
    Ok(None)
}

/// `[[{"groups": [""], "versions": ["v1"], "kinds": ["Service"]}]]`, behind some words.
fn inventory(document: &Document<'_>) -> Vec<(String, String)> {
    let said = document.root.at(&["metadata", "annotations"]).and_then(|all| all.get(SYNC));
    let said = said.and_then(Node::as_str).unwrap_or_default();
    let said = said.find('[').and_then(|start| said.get(start..)).unwrap_or_default();
    let Some(Ok(tree)) = read(said.trim_matches(['"', '\n', ' ']).into(), &Limits::default()).next() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for choice in tree.root().items().flat_map(Node::items) {
        let words = |field| choice.get(field).into_iter().flat_map(Node::items).filter_map(Node::as_str);
        for group in words("groups") {
            found.extend(words("kinds").map(|kind| (group.to_owned(), kind.to_owned())));
        }
    }
    found
}

/// A template ready to judge.
pub(crate) struct Program {
    engine: Result<Engine, String>,
    rule: String,
    pub(crate) inventory: Vec<(String, String)>,
    reads_inventory: bool,
    reads_user: bool,
}

/// What came of judging an object.
pub(crate) enum Answer {
    /// The messages of its violations.
    Violations(Vec<String>),
    /// It hangs on something that nobody told.
    Unknown(&'static str),
    /// It could not be judged.
    Failed(String),
}

impl Program {
    pub(crate) fn new(source: &Source) -> Self {
        let has = |word: &str| {
            source.rego.contains(word) || source.libraries.iter().any(|library| library.contains(word))
        };
        let loaded = load(source);
        let rule = loaded.as_ref().map_or_else(|_| String::new(), |(_, rule)| rule.clone());
        Self {
            engine: loaded.map(|(engine, _)| engine),
            rule,
            inventory: source.inventory.clone(),
            reads_inventory: has("data.inventory"),
            reads_user: has("userInfo"),
        }
    }

    /// Why it can judge nothing, if so.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.engine.as_ref().err().map(String::as_str)
    }

    /// Takes the objects that it may look up.
    pub(crate) fn know<'t>(&mut self, objects: impl Iterator<Item = Node<'t>>) {
        if !self.reads_inventory {
            return;
        }
        let mut inventory = json!({"cluster": {}, "namespace": {}});
        for object in objects {
            let text = |path: &[&str]| object.at(path).and_then(Node::as_str);
            let (Some(version), Some(kind), Some(name)) =
                (text(&["apiVersion"]), text(&["kind"]), text(&["metadata", "name"]))
            else {
                continue;
            };
            let place = match text(&["metadata", "namespace"]) {
                Some(namespace) => &mut inventory["namespace"][namespace],
                None => &mut inventory["cluster"],
            };
            place[version][kind][name] = plain(object);
        }
        if let Ok(engine) = &mut self.engine {
            engine.clear_data();
            if let Err(error) = engine.add_data(Value::from(json!({ "inventory": inventory }))) {
                self.engine = Err(error.to_string());
            }
        }
    }

    /// Judges a request. `user` is who asks, where that is known.
    pub(crate) fn judge(&self, review: &Json, parameters: Option<Node<'_>>, user: Option<&Json>) -> Answer {
        if self.reads_user && user.is_none() {
            return Answer::Unknown("request.userInfo");
        }
        if self.reads_inventory && self.inventory.is_empty() {
            return Answer::Unknown("data.inventory");
        }
        let Ok(engine) = &self.engine else { return Answer::Violations(Vec::new()) };
        let parameters = parameters.map_or_else(|| json!({}), plain);
        let mut review = review.clone();
        review["userInfo"] = user.cloned().unwrap_or_else(|| json!({}));
        let mut engine = engine.clone();
        engine.set_input(Value::from(json!({"review": review, "parameters": parameters})));
        match engine.eval_rule(self.rule.clone()) {
            Ok(found) => Answer::Violations(messages(&found)),
            Err(error) => Answer::Failed(first_line(&error.to_string())),
        }
    }
}

/// A node as a value; numbers keep their form.
pub(crate) fn plain(node: Node<'_>) -> Json {
    if matches!(node.kind(), Kind::Null) {
        Json::Null
    } else {
        serde_json::to_value(node).unwrap_or_default()
    }
}

fn load(source: &Source) -> Result<(Engine, String), String> {
    let mut engine = Engine::new();
    engine.set_rego_v0(true);
    engine.set_execution_timer_config(ExecutionTimerConfig { limit: LIMIT, check_interval: INTERVAL });
    let package = add(&mut engine, "template", &source.rego)?;
    for (number, library) in source.libraries.iter().enumerate() {
        add(&mut engine, &format!("library {}", number + 1), library)?;
    }
    // What is missing is told now, and not with the first object.
    let mut trial = engine.clone();
    trial.set_input(Value::from(json!({"review": {}, "parameters": {}})));
    let rule = format!("{package}.violation");
    match trial.eval_rule(rule.clone()) {
        Err(error) if error.to_string().contains("could not find function") => {
            Err(first_line(&error.to_string()))
        }
        _ => Ok((engine, rule)),
    }
}

/// Adds a module in the form in which the interpreter agrees with OPA, or as it is where that fails.
fn add(engine: &mut Engine, name: &str, text: &str) -> Result<String, String> {
    let rewritten = rewrite::rewrite(text);
    if rewritten != text
        && let Ok(package) = engine.clone().add_policy(name.to_owned(), rewritten.clone())
        && engine.add_policy(name.to_owned(), rewritten).is_ok()
    {
        return Ok(package);
    }
    engine
        .add_policy(name.to_owned(), text.to_owned())
        .map_err(|error| first_line(&error.to_string()))
}

/// The interpreter draws the source; the place and the reason are enough.
fn first_line(error: &str) -> String {
    let lines = error.lines().map(str::trim);
    let useful =
        lines.filter(|line| line.starts_with("-->") || line.starts_with("error:") || !line.contains('|'));
    let text: Vec<&str> = useful.filter(|line| !line.is_empty() && *line != "^").collect();
    text.join(" ").trim_start_matches("--> ").to_owned()
}

fn messages(found: &Value) -> Vec<String> {
    let Ok(found) = found.as_set() else { return Vec::new() };
    found
        .iter()
        .map(|violation| match &violation["msg"] {
            Value::String(message) => message.to_string(),
            _ => "violates the constraint".to_owned(),
        })
        .collect()
}

/// Text of any kind is written out without a panic, and a module that was read stays one.
///
/// # Panics
/// When it does not hold.
pub fn fuzz_rego(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let once = rewrite::rewrite(&text);
    assert!(once.len() <= 64 + text.len() * (text.len() + 8), "{text:?} grew to {} bytes", once.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(rego: &str) -> Program {
        Program::new(&Source { rego: rego.to_owned(), ..Source::default() })
    }

    fn found(rego: &str, review: &Json) -> Vec<String> {
        match program(rego).judge(review, None, None) {
            Answer::Violations(found) => found,
            Answer::Unknown(what) => vec![format!("unknown: {what}")],
            Answer::Failed(why) => vec![format!("failed: {why}")],
        }
    }

    #[test]
    fn what_cannot_be_judged_is_never_no_violation() {
        assert!(program("package p\nviolation[{\"msg\": ").problem().is_some());
        assert!(program("package p\nviolation[{\"msg\": m}] { m := nobody.knows(1) }").problem().is_some());
        let asks = "package p\nviolation[{\"msg\": m}] { m := input.review.userInfo.username }";
        assert_eq!(found(asks, &json!({})), ["unknown: request.userInfo"]);
        let looks = "package p\nviolation[{\"msg\": \"m\"}] { data.inventory.cluster[_] }";
        assert_eq!(found(looks, &json!({})), ["unknown: data.inventory"]);
    }

    #[test]
    fn endless_work_is_ended() {
        let endless = "package p\nviolation[{\"msg\": \"m\"}] { r := numbers.range(1, 100000); x := r[_]; y := r[_]; z := r[_]; x + y + z == 0 }";
        let found = found(endless, &json!({}));
        assert!(found.len() == 1 && found[0].starts_with("failed: "), "{found:?}");
    }

    #[test]
    fn where_the_interpreter_differs_from_opa() {
        let review = json!({"object": {"a": 5}});
        let undefined = "package p\nf(x, y) { x == y }\nviolation[{\"msg\": \"m\"}] { not f(1, input.parameters.absent.field) }";
        assert_eq!(found(undefined, &review), Vec::<String>::new());
        let next_line =
            "package p\nviolation[{\"msg\": \"m\"}] {\n  x := input.review.object.a\n  (x - 1) >= 4\n}";
        assert_eq!(found(next_line, &review), ["m"]);
        let chained = "package p\nviolation[{\"msg\": m}] { m := \"one\" } { m := \"two\" }\nf(x) = y { x == 1; y := 1 } { x == 2; y := 2 }";
        assert_eq!(found(chained, &review), ["one", "two"]);
    }
}
