# driftless:allow repository/absolute-home-path the cluster mounts this home everywhere
cd /home/alice/titanic/data
