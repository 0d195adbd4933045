//! The parts of a scan, each on input of a real size.
//!
//! Wanted, on one core: YAML at 40 MB/s, JSON at 300 MB/s, a typical rule in 0.5 µs on a Pod of 4.6 KB.

use std::hint::black_box;
use std::sync::Arc;

use bench::tree;
use bulkhead_cel::{Budget, Env, Value};
use bulkhead_document::{Limits, Tree, read};
use bulkhead_kinds::{Kinds, SUPPORTED, normalise};
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Set, Settings};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// What a live cluster tells of a Pod: 4.6 KB.
const POD: &str = include_str!("../data/pod.json");

/// The newest supported minor version.
const NEWEST: u32 = *SUPPORTED.end();

fn documents(source: &Arc<str>) -> Vec<Tree> {
    let documents = read(Arc::clone(source), &Limits::default());
    documents.map(|document| document.expect("the input is sound")).collect()
}

fn pod() -> Tree {
    documents(&POD.into()).remove(0)
}

/// Text into arenas.
fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    let yaml: Arc<str> = tree::file(7, tree::PER_FILE).into();
    let json: Arc<str> = POD.repeat(4).into();
    for (name, source) in [("yaml/10-objects", yaml), ("json/4-pods", json)] {
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| documents(black_box(&source))));
    }
}

/// Documents into the normalised view. Copying the tree, which it adds to, is measured with it and alone.
fn normalising(criterion: &mut Criterion) {
    let kinds = Kinds::for_minor(NEWEST).expect("the newest version is supported");
    let objects = documents(&tree::file(7, tree::PER_FILE).into());
    let mut group = criterion.benchmark_group("normalise");
    group.throughput(Throughput::Elements(objects.len() as u64));
    group.bench_function("10-objects", |bencher| {
        bencher.iter(|| {
            for object in &objects {
                let mut object = object.clone();
                black_box(normalise(&mut object, kinds));
            }
        });
    });
    group.bench_function("copy-alone", |bencher| bencher.iter(|| black_box(objects.clone())));
}

/// Documents into findings, with every policy; and making the policies ready.
fn judging(criterion: &mut Criterion) {
    let pack = Pack::builtin().expect("the built-in policies are sound");
    let selection = Selection { set: Set::All, ..Selection::default() };
    let settings = Settings::default();
    let objects = documents(&tree::file(7, tree::PER_FILE).into());
    let judge = Judge::new(&pack, &selection, &settings).expect("the built-in policies compile");
    let (file, namespaces) = (Arc::from("bench.yaml"), Namespaces::default());
    let mut group = criterion.benchmark_group("judge");
    group.bench_function("read-policies", |bencher| bencher.iter(|| Pack::builtin().is_ok()));
    group.bench_function("compile-policies", |bencher| {
        bencher.iter(|| Judge::new(black_box(&pack), &selection, &settings).is_ok());
    });
    group.throughput(Throughput::Elements(objects.len() as u64));
    group.bench_function("10-objects", |bencher| {
        bencher.iter(|| {
            for object in &objects {
                let origin = Origin { file: &file, document: 0, namespaces: &namespaces };
                black_box(judge.judge(object.clone(), origin));
            }
        });
    });
}

/// Typical rules: a field, a container, a walk over containers.
const RULES: &[(&str, &str)] = &[
    ("field", "has(self.spec.hostNetwork) && self.spec.hostNetwork"),
    ("variable", "self.spec.containers[0].image.endsWith(':latest')"),
    (
        "containers",
        "self.spec.containers.all(c, has(c.securityContext) && c.securityContext.allowPrivilegeEscalation == false)",
    ),
];

fn rules(criterion: &mut Criterion) {
    let pod = pod();
    let env = Env::kubernetes(NEWEST).with_variable("self");
    let mut group = criterion.benchmark_group("rule");
    for (name, rule) in RULES {
        let program = env.compile(rule).expect("the rule is sound");
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let variables = [("self", Value::Node(black_box(&pod).root()))];
                program.eval(&variables, &mut Budget::default()).expect("it has a value").as_bool()
            });
        });
    }
    group.bench_function("compile", |bencher| bencher.iter(|| env.compile(black_box(RULES[2].1)).is_ok()));
}

/// The same with crate `cel`, which wants values of its own.
fn peer_rules(criterion: &mut Criterion) {
    let json: serde_json::Value = serde_json::from_str(POD).expect("the Pod is sound");
    let mut group = criterion.benchmark_group("rule-with-crate-cel");
    group.bench_function("convert", |bencher| {
        bencher.iter(|| cel::to_value(black_box(&json)).expect("a value"));
    });
    let mut context = cel::Context::default();
    context.add_variable("self", &json).expect("a value");
    for (name, rule) in RULES {
        let program = cel::Program::compile(rule).expect("the rule is sound");
        group.bench_function(*name, |bencher| {
            bencher.iter(|| program.execute(black_box(&context)).expect("it has a value"));
        });
    }
}

criterion_group!(parts, reading, normalising, judging, rules, peer_rules);
criterion_main!(parts);
