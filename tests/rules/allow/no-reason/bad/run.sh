# driftless:allow repository/absolute-home-path
cd /home/alice/titanic/data
