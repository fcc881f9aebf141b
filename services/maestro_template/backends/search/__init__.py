"""Search over templates with tantivy, in process and in memory: the store can always fill it again."""
