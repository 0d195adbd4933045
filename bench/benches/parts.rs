//! The parts of a scan, each on input of a real size.
//!
//! Targets (issue-sized machine, one core): YAML 40 MB/s, JSON 300 MB/s, a typical rule 0.5 µs on a Pod of 4.6 KB.

use std::hint::black_box;
use std::sync::Arc;

use bench::tree;
use bulkhead_document::{Limits, read};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// What a live cluster tells of a Pod: 4.6 KB.
const POD: &str = include_str!("../data/pod.json");

fn documents(source: &Arc<str>) -> usize {
    read(Arc::clone(source), &Limits::default())
        .map(|document| document.expect("the input is sound").node_count())
        .sum()
}

/// A file of ten objects into arenas.
fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    let yaml: Arc<str> = tree::file(7, tree::PER_FILE).into();
    let json: Arc<str> = POD.repeat(4).into();
    for (name, source) in [("yaml/10-objects", yaml), ("json/4-pods", json)] {
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| documents(black_box(&source))));
    }
}

criterion_group!(parts, reading);
criterion_main!(parts);
