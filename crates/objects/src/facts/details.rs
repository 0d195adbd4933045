//! What all objects say, in their order.

use bulkhead_inventory::ObjectId;

use super::Detail;

/// Many details in chunks, so that what is there is never moved when more comes.
#[derive(Debug, Default)]
pub(crate) struct Details {
    chunks: Vec<Vec<(ObjectId, Detail)>>,
}

impl Details {
    /// A chunk begins with room for so many once there was one before it.
    const CHUNK: usize = 4096;

    pub(super) fn add(&mut self, object: ObjectId, detail: Detail) {
        match self.chunks.last_mut() {
            Some(last) => last.push((object, detail)),
            None => self.chunks.push(vec![(object, detail)]),
        }
    }

    /// Takes what another part gathered, each changed to fit in here.
    pub(super) fn append(&mut self, other: Self, mut change: impl FnMut(&mut (ObjectId, Detail))) {
        for mut chunk in other.chunks {
            chunk.iter_mut().for_each(&mut change);
            match self.chunks.last_mut() {
                Some(last) if last.capacity() - last.len() >= chunk.len() => last.append(&mut chunk),
                _ => {
                    let mut new = Vec::with_capacity(Self::CHUNK.max(chunk.len()));
                    new.append(&mut chunk);
                    self.chunks.push(new);
                }
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ObjectId, &Detail)> {
        self.chunks.iter().flatten().map(|(object, detail)| (*object, detail))
    }

    /// Those of one object.
    pub(crate) fn of(&self, object: ObjectId) -> impl Iterator<Item = &Detail> {
        let ends_before =
            |chunk: &Vec<(ObjectId, Detail)>| chunk.last().is_none_or(|(last, _)| *last < object);
        let first = self.chunks.partition_point(ends_before);
        let chunks = self.chunks.get(first..).unwrap_or_default();
        let within = chunks.first().map_or(0, |chunk| chunk.partition_point(|(other, _)| *other < object));
        let rest = chunks.iter().flatten().skip(within);
        rest.take_while(move |(other, _)| *other == object).map(|(_, detail)| detail)
    }
}

/// Of a large source there are many millions.
const _: () = assert!(size_of::<(ObjectId, Detail)>() <= 40);
