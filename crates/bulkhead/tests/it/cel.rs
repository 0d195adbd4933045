//! The bench for expressions.

use crate::support::tree;

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: app, image: nginx}]}
";

#[test]
fn a_value_has_its_type_and_cost() {
    let ran = tree(&[("pod.yaml", POD)]).run(&[
        "cel",
        "eval",
        "object.spec.containers.map(c, c.image)",
        "--var",
        "object=pod.yaml",
    ]);
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    insta::assert_snapshot!(ran.stdout, @r#"
    value  ["nginx"]
    type   list(dyn)
    cost   18
    "#);
}

#[test]
fn a_mistake_has_its_place() {
    let ran = tree(&[]).run(&[
        "cel",
        "check",
        "true &&\n  object.spec.replica > 1",
        "--type",
        "object=object(apps/v1, Deployment)",
    ]);
    assert_eq!((ran.status, &*ran.stderr), (1, ""));
    insta::assert_snapshot!(ran.stdout, @r"
    error  2:14: undefined field 'replica'
     |   object.spec.replica > 1
     | .............^
    ");
}

#[test]
fn a_failure_has_its_place_as_json() {
    let arguments = ["cel", "eval", "object.spec.gone.x == 1", "--var", "object=pod.yaml", "-o", "json"];
    let ran = tree(&[("pod.yaml", POD)]).run(&arguments);
    assert_eq!((ran.status, &*ran.stderr), (1, ""));
    insta::assert_snapshot!(ran.stdout, @r#"{"cost":4,"error":{"column":1,"line":1,"message":"no such key: gone","phase":"run"},"expr":"object.spec.gone.x == 1","type":"bool"}"#);
}

/// A line that is no case is told by its number, and those after it are still answered.
#[test]
fn lines_are_cases() {
    let lines = "\
{\"expr\": \"a + b\", \"vars\": {\"a\": 1, \"b\": 2}}

nonsense
{\"expr\": \"a + \"}
{\"expr\": \"m.a\", \"types\": {\"m\": \"map(string, int)\"}}
";
    let ran = tree(&[]).run_with(&["cel", "eval", "-o", "json"], lines);
    assert_eq!(ran.status, 2, "{ran}");
    assert!(ran.stderr.contains("line 3: expected a JSON object"), "{ran}");
    insta::assert_snapshot!(ran.stdout, @r#"
    {"cost":3,"expr":"a + b","type":"dyn","value":3}
    {"error":{"column":5,"line":1,"message":"Syntax error: mismatched input '<EOF>' expecting an expression","phase":"compile"},"expr":"a + "}
    {"cost":2,"expr":"m.a","type":"int","unknown":"unknown(m.a)"}
    "#);
}

#[test]
fn versions_have_their_functions() {
    let check = |version: &str| {
        let expr = "{'a': 1}.all(k, v, v > 0)";
        tree(&[]).run(&["cel", "check", expr, "--kubernetes-version", version]).status
    };
    assert_eq!((check("1.32"), check("1.33")), (1, 0));
}

#[test]
fn wrong_arguments_say_why() {
    let tree = tree(&[("two.yaml", "a: 1\n---\na: 2\n")]);
    for (arguments, why) in [
        (["--var", "x=gone.yaml"], "the variable x is neither JSON nor a file"),
        (["--var", "x=two.yaml"], "expected one document, found more"),
        (["--var", "1=2"], "\"1\" is no name of a variable"),
        (["--type", "x=lisst(int)"], "there is no type lisst"),
        (["--type", "x=list(int"], "cannot read the type \"list(int\""),
        (["--type", "x=object(v1, Gone)"], "has no kind Gone of v1"),
    ] {
        let ran = tree.run(&["cel", "eval", "x", arguments[0], arguments[1]]);
        assert_eq!(ran.status, 2, "{ran}");
        assert!(ran.stderr.contains(why), "{why}: {ran}");
    }
}
