"""The pods of the Kubernetes jobs, held against Kubernetes' own schemas.

SkyPilot puts what a job says of its pods into a pod of its own:

    spec: {containers: [{name: ray-node, image: ...}]}   # SkyPilot's
    spec: {containers: [{volumeMounts: [...]}], volumes: [...]}   # the job's
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate.utils import all_versions

JOBS = sorted((Path(__file__).parents[2] / "configs/jobs").glob("*_k8s_job.yaml"))
VERSIONS = sorted(set(all_versions()))
SKYPILOT_POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "coalm"},
    "spec": {"containers": [{"name": "ray-node", "image": "ubuntu"}]},
}


def pod_of(path: Path) -> Any:
    """The pod that SkyPilot makes of a job, as Oumi hands it over."""
    from oumi.core.configs import JobConfig
    from oumi.launcher.clients.sky_client import _convert_job_to_task
    from sky.utils.config_utils import merge_k8s_configs

    config = JobConfig.from_yaml(path)
    config.finalize_and_validate()
    (resources,) = _convert_job_to_task(config).resources
    pod = copy.deepcopy(SKYPILOT_POD)
    overrides = resources.cluster_config_overrides["kubernetes"]
    merge_k8s_configs(pod, overrides["pod_config"])
    return pod


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_pod_is_valid_and_the_output_is_on_its_volume(path: Path) -> None:
    pod = pod_of(path)

    for version in VERSIONS:
        kubernetes_validate.validate(pod, version, strict=True)
    (container,), (volume,) = pod["spec"]["containers"], pod["spec"]["volumes"]
    assert container["name"] == "ray-node"
    assert container["volumeMounts"] == [
        {"name": volume["name"], "mountPath": "/output"}
    ]
    assert volume["persistentVolumeClaim"] == {"claimName": "coalm-output"}
    assert "--training.output_dir /output/" in path.read_text()


BROKEN = {
    "claimName: coalm-output": "claim: coalm-output",
    "mountPath: /output": "mountPath: 7",
    "- name: coalm-output\n": "- nam: coalm-output\n",
    "persistentVolumeClaim: {": "persistentVolume: {",
    "          volumes:\n": "          volume:\n",
}


@pytest.mark.parametrize("field", BROKEN)
def test_a_broken_field_is_found(field: str, tmp_path: Path) -> None:
    text = JOBS[0].read_text()
    assert text.count(field) == 1
    broken = tmp_path / JOBS[0].name
    broken.write_text(text.replace(field, BROKEN[field]))
    pod = pod_of(broken)

    for version in VERSIONS:
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(pod, version, strict=True)
