"""Which role each RPC needs: the one table. A test fails where an RPC is missing from it."""

from __future__ import annotations

from collections.abc import Mapping

from maestro_core.identity import Role


def _service(name: str, **methods: Role) -> dict[str, Role]:
    return {f"/{name}/{method}": role for method, role in methods.items()}


REQUIRED_ROLE: Mapping[str, Role] = {
    **_service(
        "maestro.healing.v1.HealingService",
        CreateHealing=Role.EDITOR,
        GetHealing=Role.VIEWER,
        ListHealings=Role.VIEWER,
        WatchHealing=Role.VIEWER,
        CancelHealing=Role.EDITOR,
        ApproveHealing=Role.EDITOR,
        RejectHealing=Role.EDITOR,
        UploadProject=Role.EDITOR,
        CheckChange=Role.VIEWER,
        ListStrategies=Role.VIEWER,
        GetStatistics=Role.VIEWER,
    ),
    **_service(
        "maestro.healing.v1.MonitorService",
        CreateMonitor=Role.EDITOR,
        GetMonitor=Role.VIEWER,
        ListMonitors=Role.VIEWER,
        DeleteMonitor=Role.EDITOR,
        WatchErrors=Role.VIEWER,
    ),
    **_service(
        "maestro.environment.v1.EnvironmentService",
        CreateEnvironment=Role.EDITOR,
        GetEnvironment=Role.VIEWER,
        ListEnvironments=Role.VIEWER,
        DeleteEnvironment=Role.EDITOR,
        ExtendEnvironment=Role.EDITOR,
        WatchEnvironments=Role.VIEWER,
        CleanupExpired=Role.ADMIN,
        GetCapacity=Role.VIEWER,
        OpenTunnel=Role.EDITOR,
    ),
    **_service(
        "maestro.environment.v1.JobService",
        UploadWorkspace=Role.EDITOR,
        CreateJob=Role.EDITOR,
        GetJob=Role.VIEWER,
        ListJobs=Role.VIEWER,
        CancelJob=Role.EDITOR,
        StreamJobLogs=Role.VIEWER,
        DownloadArtifact=Role.VIEWER,
    ),
    **_service(
        "maestro.template.v1.TemplateService",
        CreateTemplate=Role.EDITOR,
        GetTemplate=Role.VIEWER,
        ListTemplates=Role.VIEWER,
        UpdateTemplate=Role.EDITOR,
        DeleteTemplate=Role.EDITOR,
        SearchTemplates=Role.VIEWER,
        ListVersions=Role.VIEWER,
        DiffVersions=Role.VIEWER,
        RollbackTemplate=Role.EDITOR,
        RenderTemplate=Role.VIEWER,
        ValidateTemplate=Role.VIEWER,
        TransitionTemplate=Role.EDITOR,
        ImportTemplate=Role.EDITOR,
        UpdateProject=Role.VIEWER,
        SyncRepository=Role.ADMIN,
        WatchTemplates=Role.VIEWER,
        GetStatistics=Role.VIEWER,
    ),
    **_service(
        "maestro.template.v1.WorkflowService",
        CreateWorkflow=Role.EDITOR,
        GetWorkflow=Role.VIEWER,
        ListWorkflows=Role.VIEWER,
        DeleteWorkflow=Role.EDITOR,
        ExecuteWorkflow=Role.EDITOR,
        GetExecution=Role.VIEWER,
        ListExecutions=Role.VIEWER,
        CancelExecution=Role.EDITOR,
        ApproveStep=Role.EDITOR,
        WatchExecution=Role.VIEWER,
    ),
}
