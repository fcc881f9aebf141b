output "prefix" {
  description = "What the names of all resources begin with."
  value       = local.prefix
}

output "tags" {
  description = "The tags that all resources have."
  value       = local.tags
}
