use super::*;

#[test]
fn order_does_not_matter_and_removing_undoes() {
    let (a, b) = (RecordId::new([1; 32]), RecordId::new([2; 32]));
    let digest = Digest::new([9; 32]);
    let mut forth = SetHash::empty();
    forth.insert(&a, &digest);
    forth.insert(&b, &digest);
    let mut back = SetHash::empty();
    back.insert(&b, &digest);
    back.insert(&a, &digest);
    assert_eq!(forth.commitment(), back.commitment());

    back.remove(&b, &digest);
    back.remove(&a, &digest);
    assert_eq!(back.commitment(), SetHash::empty().commitment());
    assert_eq!((forth.live(), back.live()), (Some(2), Some(0)));
}

#[test]
fn every_part_of_a_record_counts() {
    let commitment = |id: u8, digest: u8| {
        let mut set = SetHash::empty();
        set.insert(&RecordId::new([id; 32]), &Digest::new([digest; 32]));
        set.commitment().unwrap()
    };
    assert_eq!(commitment(1, 1), commitment(1, 1));
    assert_ne!(commitment(1, 1), commitment(1, 2));
    assert_ne!(commitment(1, 1), commitment(2, 1));
}

#[test]
fn empty_buckets_differ_by_their_byte() {
    let digests = SetHash::empty().digests().unwrap();
    let different: std::collections::BTreeSet<_> = digests.iter().collect();
    assert_eq!(different.len(), BUCKETS);
}

#[test]
fn the_state_of_a_bucket_is_read_as_it_was_written() {
    let mut set = SetHash::empty();
    for number in 0..=u8::MAX {
        let digest = Digest::new([number; 32]);
        set.insert(&RecordId::new([number / 2; 32]), &digest);
    }
    let states: Vec<_> = (0..=u8::MAX).map(|it| set.state(it).unwrap()).collect();
    let read = |states: &[Vec<u8>]| SetHash::from_states(states.iter().map(Vec::as_slice));
    let mut again = read(&states).unwrap();
    assert_eq!(again.commitment(), set.commitment());
    assert_eq!(read(&states[1..]), None);
    let mut short = states;
    short[3].pop();
    assert_eq!(read(&short), None);
}

#[test]
fn differing_buckets_are_found() {
    let (mut one, mut other) = (SetHash::empty(), SetHash::empty());
    other.insert(&RecordId::new([7; 32]), &Digest::ZERO);
    other.insert(&RecordId::new([200; 32]), &Digest::ZERO);
    let digests = other.digests().unwrap();
    assert_eq!(one.differences(&digests), [7, 200]);
    assert_eq!(other.differences(&digests), Vec::<u8>::new());
}

#[test]
fn debug_is_short() {
    let shown = format!("{:?}", SetHash::empty());
    assert_eq!(shown, "SetHash(256 of 256 buckets held)");
}
