use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DecodeError, Limits, Tree, read};

fn tree(text: &str) -> Tree {
    read(text.into(), &Limits::default()).next().unwrap().unwrap()
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Container<'a> {
    name: &'a str,
    #[serde(borrow, default)]
    image: Cow<'a, str>,
    #[serde(default)]
    privileged: bool,
    #[serde(default)]
    ports: Vec<Port>,
    replicas: Option<u8>,
    #[serde(default)]
    protocol: Protocol,
    handler: Option<Handler<'a>>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Port(u16);

#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
enum Protocol {
    #[default]
    #[serde(rename = "TCP")]
    Tcp,
    #[serde(rename = "UDP")]
    Udp,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Handler<'a> {
    Exec(Vec<&'a str>),
    HttpGet { path: &'a str, port: u16 },
    Pair(i8, i8),
    Nothing,
}

#[test]
fn structs_options_newtypes_enums() {
    let tree = tree(
        "name: main\nimage: \"a\\u0062\"\nprivileged: yes\nports: [80, 1e3]\nreplicas: null\nprotocol: UDP\n\
         handler: {httpGet: {path: /, port: 8080}}\nunknown: {a: [1, 2]}\n",
    );
    let container: Container<'_> = tree.root().decode().unwrap();
    let wanted = Container {
        name: "main",
        image: "ab".into(),
        privileged: true,
        ports: vec![Port(80), Port(1000)],
        replicas: None,
        protocol: Protocol::Udp,
        handler: Some(Handler::HttpGet { path: "/", port: 8080 }),
    };
    assert_eq!(container, wanted);
}

#[test]
fn null_fields_are_absent_and_null_values_of_maps_are_not() {
    let tree = tree("name: x\nprivileged: null\nports: ~\nprotocol:\n");
    let container: Container<'_> = tree.root().decode().unwrap();
    assert_eq!((container.privileged, container.ports.len(), container.protocol), (false, 0, Protocol::Tcp));
    let map: BTreeMap<String, Option<&str>> = tree.root().decode().unwrap();
    assert_eq!(map.len(), 4);
}

#[test]
fn variants() {
    for (text, wanted) in [
        ("{exec: [a, b]}", Handler::Exec(vec!["a", "b"])),
        ("{pair: [1, -2]}", Handler::Pair(1, -2)),
        ("nothing", Handler::Nothing),
        ("{nothing: null}", Handler::Nothing),
    ] {
        assert_eq!(tree(text).root().decode::<Handler<'_>>().unwrap(), wanted, "{text}");
    }
}

/// Text, the path of the error, the text that it blames, and a part of the message.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("name: 5", "name", "5", "expected a borrowed string"),
    ("name: a\nports: 5", "ports", "5", "expected a sequence"),
    ("name: a\nports:\n- 80\n- 70000", "ports[1]", "70000", "expected u16"),
    ("name: a\nports: ['80']", "ports[0]", "'80'", "expected u16"),
    ("name: a\nprivileged: 'yes'", "privileged", "'yes'", "expected a boolean"),
    ("name: a\nprotocol: SCTP", "protocol", "SCTP", "unknown variant `SCTP`"),
    ("name: a\nhandler: {httpGet: {path: 7, port: 1}}", "handler.httpGet.path", "7", "expected a borrowed"),
    ("name: a\nhandler: {httpGet: {path: a}}", "handler.httpGet", "{path: a}", "missing field `port`"),
    ("name: a\nhandler: {pair: [1, 2, 3]}", "handler.pair", "[1, 2, 3]", "invalid length 3"),
    ("name: a\nhandler: {exec: [], nothing: 1}", "handler", "{exec: [], nothing: 1}", "one key"),
    ("image: a", "", "image: a", "missing field `name`"),
    ("[a]", "", "[a]", "invalid type"),
];

#[test]
fn errors_name_field_and_place() {
    for (text, path, blamed, message) in WRONG {
        let tree = tree(text);
        let error: DecodeError = tree.root().decode::<Container<'_>>().unwrap_err();
        assert_eq!(error.path, *path, "{text}: {error}");
        assert_eq!(error.span.of(tree.source()), *blamed, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn values_go_out_as_json() {
    let tree = tree("b: [1, 1.5, yes, ~, 'x\"', {}]\na: 18446744073709551615\n");
    let json = serde_json::to_string(&tree.root()).unwrap();
    assert_eq!(json, r#"{"b":[1,1.5,true,null,"x\"",{}],"a":18446744073709551615}"#);
    let value: serde_json::Value = tree.root().decode().unwrap();
    assert_eq!(value, serde_json::from_str::<serde_json::Value>(&json).unwrap());
}
