//! What functions say of themselves to the checker.

use crate::check::signature::Signature;
use crate::check::types::StaticType;
use crate::library;

/// Every function has signatures; each can be read and fits what the function takes.
#[test]
fn every_function_has_signatures() {
    for function in library::ALL.iter().flat_map(|library| library.functions) {
        assert!(!function.overloads.is_empty(), "{} has none", function.name);
        for text in function.overloads {
            let signature: Signature = text.parse().unwrap_or_else(|mistake| panic!("{mistake}"));
            assert_eq!(signature.member, function.member, "{} {text}", function.name);
            assert!(function.arity.contains(&signature.parameters.len()), "{} {text}", function.name);
        }
    }
}

#[test]
fn types_are_written_as_they_are_read() {
    for text in [
        "dyn",
        "null",
        "list(map(string, dyn))",
        "optional_type(A)",
        "type(int)",
        "wrapper(uint)",
        "kubernetes.Quantity",
        "tuple(int, A, list(dyn), bool)",
    ] {
        assert_eq!(text.parse::<StaticType>().map(|read| read.to_string()).as_deref(), Ok(text));
    }
}

#[test]
fn damaged_types_are_refused() {
    let deep = "list(".repeat(100_000);
    for text in
        ["", "list(", "list(int, int)", "map(int)", "int(int)", "wrapper(list)", "a..b", "int int", &deep]
    {
        assert!(text.parse::<StaticType>().is_err(), "{text:.20}");
    }
}

#[test]
fn a_method_names_its_receiver_first() {
    let signature: Signature = "kubernetes.Quantity.(int, list(A)) -> B".parse().expect("a signature");
    assert!(signature.member);
    assert_eq!(
        signature.parameters.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["kubernetes.Quantity", "int", "list(A)"]
    );
    assert_eq!(*signature.letters, ['A', 'B']);
}
