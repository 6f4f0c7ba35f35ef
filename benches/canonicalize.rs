//! Does canonicalization stay linear, whatever the document?
//!
//! Each document has twice the elements of the one before; the throughput must not fall.
#![expect(
    clippy::unwrap_used,
    reason = "without its input a benchmark has nothing to say"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sso_core::xml::canonical::exclusive;
use sso_core::xml::{Document, Limits};

fn canonicalize(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("canonicalize");
    for elements in [250, 500, 1_000, 2_000] {
        let xml = nested_namespaces(elements);
        let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
        group.throughput(Throughput::Bytes(xml.len() as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(elements),
            &document,
            |bencher, document| {
                bencher.iter(|| exclusive(document.root(), None, &[]).unwrap());
            },
        );
    }
    group.finish();
}

/// As many namespaces in scope as are allowed, all of them used again and again.
fn nested_namespaces(elements: usize) -> String {
    let declarations = |prefix: &str| {
        (0..60)
            .map(|it| format!(" xmlns:{prefix}{it}='urn:{prefix}{it}'"))
            .collect::<String>()
    };
    let used = (0..elements)
        .map(|it| format!("<p{0}:e q{0}:a='1' b='2'>text</p{0}:e>", it % 60))
        .collect::<String>();
    format!(
        "<a{}><b{}>{used}</b></a>",
        declarations("p"),
        declarations("q")
    )
}

criterion_group!(benches, canonicalize);
criterion_main!(benches);
